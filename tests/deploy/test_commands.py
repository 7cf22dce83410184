"""The commands of image, compose, Kubernetes and systemd are this program's, and those of the embedded runtime start for real."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
import typer.main

from streams.cli.program import app_for
from tests.deploy.commands import UNITS, commands, compose, containers, last, unit
from tests.streams.county import write_rules
from tests.streams.program import Program

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a secret of the dispatch centre"  # noqa: S105 - of this test
COMMANDS = commands()
EMBEDDED = {name: words for name, words in COMMANDS.items() if words[0] == "run"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_line_is_one_that_the_program_understands(name: str) -> None:
    words = [*COMMANDS[name]]
    command = typer.main.get_command(app_for(words))
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    assert command.make_context(name, words, resilient_parsing=False).params


def test_every_way_of_running_is_there() -> None:
    stages = {words[2] for words in COMMANDS.values() if words[:2] == ["kafka", "run"]}
    assert {"intake", "watching", "casework", "ledger"} <= stages
    assert set(EMBEDDED) == {"Dockerfile", "compose embedded", "kubernetes clearly", "clearly.service"}


class Started(Program):
    """The program started by a command line, with folders, port and token of a test in the places of those of the machine."""

    def __init__(self, words: list[str], folder: Path) -> None:
        self.folder, self.database = folder, folder / "lib" / "clearly.db"
        (folder / "lib" / "incoming").mkdir(parents=True)
        (folder / "token").write_text(TOKEN + "\n", encoding="utf-8")
        write_rules(folder / "rules")
        places = {"/etc/clearly/rules": str(folder / "rules"), "/var/lib/clearly": str(folder / "lib"), ":8080": ":0"}
        for place, mine in places.items():
            words = [word.replace(place, mine) for word in words]
        environment = {
            **os.environ,
            "CLEARLY_HTTP_TOKEN_FILE": str(folder / "token"),
            "CLEARLY_LOG": "json",
            "CLEARLY_POLL_SECONDS": "0.05",
        }
        self.attach(
            subprocess.Popen([sys.executable, "-m", "streams", *words], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        )

    def url(self) -> str:
        """Return where it listens, as this machine calls it."""
        return self.says(r'"http": ?"(http://[^"]+)"')[1].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - where it listens


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_embedded_runtime_starts_by_it_answers_its_probes_and_stops_in_order(name: str, tmp_path: Path) -> None:
    with Started(EMBEDDED[name], tmp_path) as program:
        url = program.url()
        assert httpx.get(f"{url}/health", timeout=30).json() == {"status": "ok"}
        assert httpx.get(f"{url}/metrics", timeout=30).status_code == 401
        assert "clearly_rules_broken 0.0" in httpx.get(f"{url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}, timeout=30).text
        assert checked(health_check(), url).returncode == 0
        assert program.stop() == 0
    assert checked(health_check(), url).returncode != 0, "nobody listens any more"


def health_check() -> list[str]:
    """Return the health check of the image."""
    words: list[str] = json.loads(re.sub(r"^.*?CMD ", "", last("HEALTHCHECK")))
    return words


def checked(words: list[str], url: str) -> subprocess.CompletedProcess[bytes]:
    """Return what became of a health check, run by this Python and against this address."""
    code = re.sub(r"http://127\.0\.0\.1:\d+", url, words[2])
    assert words[:2] == ["python", "-c"]
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60)


def test_what_listens_for_other_machines_is_given_a_token() -> None:
    assert compose()["services"]["embedded"]["environment"] == {"CLEARLY_HTTP_TOKEN_FILE": "/run/secrets/http-token"}
    environment = {one["name"]: one.get("value") for _, container in containers() for one in container["env"]}
    assert environment["CLEARLY_HTTP_TOKEN_FILE"] == "/etc/clearly/secret/http-token"  # noqa: S105 - a place
    (service,) = (path for path in UNITS if path.name == "clearly.service")
    assert "CLEARLY_HTTP_TOKEN_FILE=%d/http-token" in unit(service)["Environment"][0]


def test_probes_of_workers_ask_where_their_metrics_are() -> None:
    for one, container in containers():
        asked = [container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")]
        port = container["ports"][0]["containerPort"]
        assert asked == (["/health"] * 3 if one["metadata"]["name"] == "clearly" else ["/healthz", "/healthz", "/readyz"])
        assert any(word.endswith(f":{port}") for word in container["args"])
    for name, service in compose()["services"].items():
        if service.get("command", [])[:2] == ["kafka", "run"]:
            ast.parse(service["healthcheck"]["test"][3])
            port = re.search(r":(\d+)/healthz", service["healthcheck"]["test"][3])
            assert port, name
            assert any(word.endswith(f":{port[1]}") for word in service["command"])
