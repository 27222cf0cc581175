"""What the plugin asks ostoken for, and what becomes of the answers."""

from __future__ import annotations

from typing import Any

import pytest
from keystoneauth1 import exceptions, session

from keystoneauth_ostoken import OstokenPlugin


def client(program: Any, **options: Any) -> session.Session:
    return session.Session(auth=OstokenPlugin(program=str(program.path), **options))


def test_token_project_and_catalog_come_from_one_call(program: Any) -> None:
    made = client(program)
    assert made.get_token() == "first"
    assert made.get_project_id() == "p"
    assert made.get_endpoint(service_type="identity") == "http://127.0.0.1:9/v3"
    assert made.auth is not None and made.auth.auth_url == "http://127.0.0.1:9/v3"
    assert [call["arguments"] for call in program.calls] == [["token", "--format", "auth-state"]]


@pytest.mark.parametrize(
    ("options", "arguments", "cloud"),
    [
        ({}, [], None),
        ({"cloud": "lab"}, [], "lab"),
        ({"openrc": "/home/a/lab rc"}, ["--openrc", "/home/a/lab rc"], None),
    ],
)
def test_the_cloud_that_names_the_plugin_is_not_the_one_of_ostoken(
    program: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], arguments: list[str], cloud: str | None
) -> None:
    monkeypatch.setenv("OS_CLOUD", "mine")
    monkeypatch.setenv("OS_USERNAME", "alice")
    client(program, **options).get_token()
    (call,) = program.calls
    assert call["arguments"] == ["token", "--format", "auth-state", *arguments]
    assert call["environment"].get("OS_CLOUD") == cloud
    assert call["environment"]["OS_USERNAME"] == "alice"


def status(known: bool) -> dict[str, Any]:
    return {"identity": {"auth_url": "https://k.test/v3"}, "token": {"known_to_keystone": known}}


def test_a_refused_token_is_replaced_once(program: Any, service: Any) -> None:
    program.answer("status", status(known=False), code=4)
    program.answer("erase")
    service.good = {"second"}
    made = client(program)
    assert made.get(service.url).status_code == 200
    assert service.seen == ["first", "second"]
    assert program.commands == ["token", "status", "erase", "token"]
    assert program.calls[2]["input"] == "url=https://k.test/v3\npassword=first\n\n"
    assert made.get(service.url).status_code == 200
    assert program.commands == ["token", "status", "erase", "token"]


def test_a_token_that_keystone_knows_is_not_replaced(program: Any, service: Any) -> None:
    program.answer("status", status(known=True))
    made = client(program)
    for _ in range(3):
        with pytest.raises(exceptions.Unauthorized):
            made.get(service.url)
    assert set(service.seen) == {"first"}
    assert "erase" not in program.commands


def test_an_error_of_ostoken_comes_through_with_its_hint(program: Any) -> None:
    message = "ostoken: no password saved for alice at https://k.test/v3\nhint: run `ostoken login`"
    program.answer("token", err=message + "\n", code=3)
    with pytest.raises(exceptions.AuthorizationFailure) as raised:
        client(program).get_token()
    assert str(raised.value) == message


def test_a_program_that_is_not_there_is_named(program: Any) -> None:
    program.path.unlink()
    with pytest.raises(exceptions.AuthorizationFailure) as raised:
        client(program).get_token()
    assert str(raised.value) == (
        f"ostoken: cannot start {program.path}: No such file or directory\n"
        "hint: install ostoken, or set ostoken_program (OS_OSTOKEN_PROGRAM) to its path"
    )


@pytest.mark.parametrize("answer", ["", "no JSON", "[]", "{}", '{"auth_token": "a", "body": 1}', '{"auth_token": "a", "body": {}}'])
def test_an_answer_that_makes_no_sense_is_an_error_without_its_text(program: Any, answer: str) -> None:
    program.answer("token", answer)
    with pytest.raises(exceptions.AuthorizationFailure, match="is not one that this plugin knows"):
        client(program).get_token()


def test_an_exit_without_a_word_names_the_code(program: Any) -> None:
    program.answer("token", code=9)
    with pytest.raises(exceptions.AuthorizationFailure, match="ended with exit code 9"):
        client(program).get_token()
