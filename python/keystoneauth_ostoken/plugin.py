"""The plugin: a token and its catalog, as the program ``ostoken`` hands them out."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from keystoneauth1 import access, exceptions, session
from keystoneauth1.identity.base import BaseIdentityPlugin

# Exit codes of ostoken (PROTOCOL.md).
_DONE = 0
_REFUSED = 4


class OstokenPlugin(BaseIdentityPlugin):
    """Takes the token from ``ostoken token --format auth-state``.

    ostoken keeps the token in the keyring and creates one only when there is none, so no number of programs, one after the
    other or at once, creates more than one token. No password or other secret reaches Python.

    :param program: the program ``ostoken``: its path, or a name that is looked up in ``PATH``
    :param cloud: the cloud of clouds.yaml that ostoken logs in to (it becomes ``OS_CLOUD`` for ostoken)
    :param openrc: the OpenRC file that ostoken reads the login from. Without ``cloud`` and ``openrc`` it reads the ``OS_*``
        variables of the environment.
    :param auth_url: the address for requests that are sent to the auth URL rather than to an endpoint of the catalog; by
        default the catalog's public identity endpoint
    """

    def __init__(
        self,
        program: str = "ostoken",
        cloud: str | None = None,
        openrc: str | None = None,
        auth_url: str | None = None,
    ) -> None:
        super().__init__(auth_url=auth_url)
        self._program = program
        self._cloud = cloud
        self._openrc = openrc
        self._refused: str | None = None

    def get_auth_ref(self, session: session.Session) -> access.AccessInfo:
        """Return the token of ostoken with what Keystone said of it.

        :raises keystoneauth1.exceptions.AuthorizationFailure: ostoken has no token to give. The message is that of ostoken,
            with its hint.
        """
        if self._refused is not None:
            self._forget(self._refused)
            self._refused = None
        state = self._ask("token", "--format", "auth-state")
        try:
            found = access.create(auth_token=state["auth_token"], body=state["body"])
        except (KeyError, TypeError, ValueError):
            raise self._not_understood() from None
        if self.auth_url is None:
            self.auth_url = _identity_endpoint(found)
        return found

    def invalidate(self) -> bool:
        """Have the token replaced: a service answered 401. keystoneauth then tries that request once more."""
        if self.auth_ref is not None:
            self._refused = self.auth_ref.auth_token
        return super().invalidate()

    def _forget(self, token: str) -> None:
        """Have ostoken forget the token, if Keystone no longer knows it.

        A service may answer 401 to a good token. To replace that one would create a token for each of its answers.
        """
        status = self._ask("status", "--json", "--check", accepted=(_DONE, _REFUSED))
        try:
            auth_url, kept = status["identity"]["auth_url"], status["token"]
            is_dead = kept is not None and kept["known_to_keystone"] is False
        except (KeyError, TypeError):
            raise self._not_understood() from None
        if is_dead:
            self._run("erase", given=f"url={auth_url}\npassword={token}\n\n")

    def _ask(self, *arguments: str, accepted: tuple[int, ...] = (_DONE,)) -> dict[str, Any]:
        try:
            answer = json.loads(self._run(*arguments, accepted=accepted))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._not_understood()
        return answer

    def _run(self, *arguments: str, given: str = "", accepted: tuple[int, ...] = (_DONE,)) -> str:
        """Run ostoken. Return what it wrote to standard output."""
        openrc = [] if self._openrc is None else ["--openrc", os.path.expanduser(self._openrc)]
        command = [os.path.expanduser(self._program), *arguments, *openrc]
        try:
            done = subprocess.run(
                command, env=self._environment(), input=given, capture_output=True, encoding="utf-8", errors="replace"
            )
        except OSError as error:
            raise exceptions.AuthorizationFailure(
                f"ostoken: cannot start {self._program}: {error.strerror}\n"
                "hint: install ostoken, or set ostoken_program (OS_OSTOKEN_PROGRAM) to its path"
            ) from None
        if done.returncode not in accepted:
            message = done.stderr.strip() or f"ostoken: {self._program} ended with exit code {done.returncode}"
            raise exceptions.AuthorizationFailure(message)
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """The environment for ostoken. The cloud that names this plugin is not the one that ostoken logs in to."""
        environment = {name: value for name, value in os.environ.items() if name != "OS_CLOUD"}
        return environment if self._cloud is None else {**environment, "OS_CLOUD": self._cloud}

    def _not_understood(self) -> exceptions.AuthorizationFailure:
        return exceptions.AuthorizationFailure(
            f"ostoken: the answer of {self._program} is not one that this plugin knows\n"
            "hint: run `ostoken --version`, and install versions of program and plugin that belong together"
        )


def _identity_endpoint(found: access.AccessInfo) -> str | None:
    """The public identity endpoint of the token's catalog, if it has one."""
    if not found.has_service_catalog():
        return None
    try:
        return found.service_catalog.url_for(service_type="identity", interface="public")
    except exceptions.CatalogException:
        return None
