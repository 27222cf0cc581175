"""How keystoneauth finds and loads the plugin."""

from __future__ import annotations

from typing import Any

import pytest
from keystoneauth1 import loading, session

from keystoneauth_ostoken import OstokenPlugin


@pytest.mark.parametrize("name", ["ostoken", "v3ostoken"])
def test_both_names_are_known_to_keystoneauth(program: Any, name: str) -> None:
    loader = loading.get_plugin_loader(name)
    plugin = loader.load_from_options(ostoken_program=str(program.path), ostoken_cloud="lab", ostoken_openrc="file")
    assert isinstance(plugin, OstokenPlugin)
    assert session.Session(auth=plugin).get_token() == "first"
    (call,) = program.calls
    assert call["arguments"][-2:] == ["--openrc", "file"]
    assert call["environment"]["OS_CLOUD"] == "lab"


def test_no_option_is_one_that_openstackclient_would_demand() -> None:
    names = {option.dest for option in loading.get_plugin_loader("ostoken").get_options()}
    assert {"ostoken_program", "ostoken_cloud", "ostoken_openrc"} <= names
    assert not names & {"token", "password", "auth_url"}


def test_what_stands_in_auth_for_others_is_passed_over(program: Any) -> None:
    loader = loading.get_plugin_loader("ostoken")
    plugin = loader.create_plugin(
        ostoken_program=str(program.path), auth_url="https://k.test/v3", username="alice", password="none", token="old"
    )
    assert plugin.auth_url == "https://k.test/v3"
    assert session.Session(auth=plugin).get_token() == "first"
