"""A keystoneauth plugin that takes its token from the credential helper ``ostoken``.

Selected by ``auth_type: ostoken`` in clouds.yaml, or by ``OS_AUTH_TYPE=ostoken``.
"""

from keystoneauth_ostoken.plugin import OstokenPlugin

__all__ = ["OstokenPlugin"]
