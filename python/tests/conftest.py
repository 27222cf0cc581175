"""A program in place of ostoken that says what a test tells it to, and a service that refuses tokens."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """#!{python}
import json, os, sys
folder = os.path.dirname(os.path.abspath(sys.argv[0]))
arguments = sys.argv[1:]
names = [name for name in os.environ if name.startswith("OS_")]
call = {{"arguments": arguments, "input": sys.stdin.read(), "environment": {{name: os.environ[name] for name in names}}}}
with open(os.path.join(folder, "calls"), "a") as calls:
    calls.write(json.dumps(call) + "\\n")
with open(os.path.join(folder, "answers.json")) as file:
    answers = json.load(file)
answer = answers[arguments[0]]
if arguments[0] == "erase":
    answers["token"] = answers["next"]
    with open(os.path.join(folder, "answers.json"), "w") as file:
        json.dump(answers, file)
sys.stdout.write(answer.get("out", ""))
sys.stderr.write(answer.get("err", ""))
sys.exit(answer.get("code", 0))
"""


class Program:
    """The program and its answers: for each of its commands what it writes, and its exit code."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ostoken"
        self._folder = folder
        self.path.write_text(PROGRAM.format(python=sys.executable))
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)
        self.answers: dict[str, dict[str, Any]] = {"token": token("first"), "next": token("second")}

    def answer(self, command: str, out: Any = "", err: str = "", code: int = 0) -> None:
        text = out if isinstance(out, str) else json.dumps(out)
        self.answers[command] = {"out": text, "err": err, "code": code}
        self.write()

    def write(self) -> None:
        (self._folder / "answers.json").write_text(json.dumps(self.answers))

    @property
    def calls(self) -> list[dict[str, Any]]:
        path = self._folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def commands(self) -> list[str]:
        return [call["arguments"][0] for call in self.calls]


def token(name: str) -> dict[str, Any]:
    endpoint = {"id": "1", "interface": "public", "region": "R", "region_id": "R", "url": "http://127.0.0.1:9/v3"}
    catalog = [{"id": "2", "name": "keystone", "type": "identity", "endpoints": [endpoint]}]
    body = {
        "methods": ["password"],
        "user": {"id": "u", "name": "alice", "domain": {"id": "default", "name": "Default"}},
        "project": {"id": "p", "name": "demo", "domain": {"id": "default", "name": "Default"}},
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2126-01-01T00:00:00.000000Z",
        "catalog": catalog,
    }
    return {"out": json.dumps({"auth_token": name, "body": {"token": body}})}


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    made = Program(tmp_path)
    made.write()
    return made


class Service:
    """Counts the tokens that it was sent; takes those in ``good``."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.seen: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sent = self.headers["X-Auth-Token"]
                service.seen.append(sent)
                self.send_response(200 if sent in service.good else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.stop()
