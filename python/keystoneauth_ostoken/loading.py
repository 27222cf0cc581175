"""What keystoneauth loads the plugin with: its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystoneauth1 import loading

from keystoneauth_ostoken.plugin import OstokenPlugin

if TYPE_CHECKING:
    _Loader = loading.BaseLoader[OstokenPlugin]
else:
    _Loader = loading.BaseLoader


class OstokenLoader(_Loader):
    """Loads :class:`OstokenPlugin` for ``auth_type: ostoken``.

    Options named ``token``, ``password`` or ``auth-url`` would make openstackclient demand a token, a user name or an auth
    URL, so there are none.
    """

    @property
    def plugin_class(self) -> type[OstokenPlugin]:
        return OstokenPlugin

    def get_options(self) -> list[loading.Opt]:
        return [
            *super().get_options(),
            loading.Opt("ostoken-program", help="The program ostoken, if it is not in PATH", metavar="<path>"),
            loading.Opt("ostoken-cloud", help="The cloud of clouds.yaml that ostoken logs in to", metavar="<name>"),
            loading.Opt("ostoken-openrc", help="The OpenRC file that ostoken reads the login from", metavar="<file>"),
            # openstackclient starts no plugin of which no option is set. ostoken reads this one from the environment.
            loading.Opt("application-credential-id", help="Read by ostoken from the environment"),
        ]

    def create_plugin(self, **kwargs: Any) -> OstokenPlugin:
        """Create the plugin. keystoneauth gives each key of ``auth``; those that are not for ostoken are passed over."""
        return OstokenPlugin(
            program=kwargs.get("ostoken_program") or "ostoken",
            cloud=kwargs.get("ostoken_cloud") or None,
            openrc=kwargs.get("ostoken_openrc") or None,
            auth_url=kwargs.get("auth_url") or None,
        )
