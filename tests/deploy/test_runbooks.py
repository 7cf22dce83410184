"""The runbooks, followed word for word on a machine of the test's own: its folders, and a service that is a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from streams.rules import load
from streams.store import open_reader
from tests.streams.county import hours_now, lines, started
from tests.streams.program import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: What stands in for the service manager: `systemctl start|stop clearly`.
SYSTEMCTL = """#!/bin/bash
set -e
case "$1" in
  start)
    nohup {clearly} run --rules {root}/etc/clearly/rules --db {root}/var/lib/clearly/clearly.db --feed {root}/var/lib/clearly/incoming \\
      --http 127.0.0.1:{port} >/dev/null 2>>{root}/log </dev/null &
    echo $! > {root}/pid
    for _ in $(seq 300); do
      curl --fail --silent http://127.0.0.1:{port}/health >/dev/null && exit 0
      kill -0 $(cat {root}/pid) || exit 1
      sleep 0.1
    done
    exit 1 ;;
  stop)
    kill -TERM $(cat {root}/pid) 2>/dev/null || exit 0
    for _ in $(seq 300); do kill -0 $(cat {root}/pid) 2>/dev/null || exit 0; sleep 0.1; done
    exit 1 ;;
esac
"""
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, as the runbooks do")


def blocks(house: Path, page: str, section: str) -> list[str]:
    """Return the blocks of commands of one section, in order."""
    text = (house / "docs" / page).read_text("utf-8")
    (body,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```sh\n(.*?)^```", body, re.MULTILINE | re.DOTALL)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        return int(made.getsockname()[1])


class Machine:
    """Folders of a test in the places of a machine's, and the commands that a runbook types."""

    def __init__(self, root: Path, house: Path) -> None:
        self.root, self.house, self.port = root, house, free_port()
        self.sent: dict[str, dict[str, Any]] = {}
        for folder in ("etc/clearly", "var/lib/clearly/incoming", "var/backups/clearly", "tmp", "bin"):
            (root / folder).mkdir(parents=True)
        clearly = f"{sys.executable} -m streams"
        self.tool("clearly", f'#!/bin/bash\nexec {clearly} "$@"\n')
        self.tool("systemctl", SYSTEMCTL.format(clearly=clearly, root=root, port=self.port))
        self.tool("chown", "#!/bin/bash\n")  # there is no such user here
        self.rules, self.database = root / "etc" / "clearly" / "rules", root / "var" / "lib" / "clearly" / "clearly.db"
        self.backups = root / "var" / "backups" / "clearly"
        shutil.copytree(house / "streams" / "template", self.rules)
        self.types("systemctl start clearly")

    def tool(self, name: str, text: str) -> None:
        """Put a program into this machine's path."""
        path = self.root / "bin" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def types(self, block: str) -> str:
        """Return what comes of a block, each command of which has to succeed."""
        own = re.escape(str(self.root))
        block = re.sub(rf"(?<![\w/])(?!{own})(/var/lib/clearly|/var/backups/clearly|/etc/clearly|/tmp/)", rf"{self.root}\1", block)
        block = block.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
        environment = {
            **os.environ,
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.house),
            "CLEARLY_GRACE_SECONDS": "0",
            "CLEARLY_POLL_SECONDS": "0.1",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=self.root,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}\n{self.log()}"
        return done.stdout

    def follows(self, page: str, section: str) -> str:
        """Type every block of a section in order, and return all that came of them."""
        found = blocks(self.house, page, section)
        assert found, f"{page} has no commands under {section}"
        return "".join(self.types(block) for block in found)

    def log(self) -> str:
        """Return what the service said."""
        path = self.root / "log"
        return path.read_text("utf-8") if path.exists() else ""

    def send(self, *outages: str) -> dict[str, object]:
        """Send outages over HTTP, each time the same as the first, and return the answer."""
        for outage in outages:
            self.sent.setdefault(outage, started(outage, hours_now(), customers=1))
        body = lines([self.sent[outage] for outage in outages])
        headers = {"content-type": "application/x-ndjson"}
        answer = httpx.post(f"http://127.0.0.1:{self.port}/events", content=body, headers=headers, timeout=30)
        assert answer.status_code == 202
        told: dict[str, object] = answer.json()
        return told

    def events(self) -> list[str]:
        """Return the ids of the events that are kept."""
        reader = open_reader(self.database)
        try:
            return [row.id for _, row in reader.events()]
        finally:
            reader.close()

    def off(self) -> None:
        """Switch it off, however it stands."""
        pid = self.root / "pid"
        if pid.exists():
            try:
                os.kill(int(pid.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                return


@pytest.fixture
def machine(tmp_path: Path, house: Path) -> Iterator[Machine]:
    """Return a machine on which the service runs."""
    made = Machine(tmp_path, house)
    yield made
    made.off()


def test_a_backup_is_made_while_it_runs_and_can_be_opened(machine: Machine) -> None:
    machine.send("O-1", "O-2")
    assert "looked over and whole" in machine.follows("disaster.md", "Backups")


def test_a_lost_disk_is_brought_back_and_what_is_sent_again_is_counted_once(machine: Machine) -> None:
    machine.send("O-1")
    machine.types(blocks(machine.house, "disaster.md", "Backups")[0])
    machine.send("O-2")
    machine.off()
    for path in machine.database.parent.glob("clearly.db*"):
        path.unlink()
    machine.follows("disaster.md", "The disk is lost")
    assert machine.events() == ["O-1"]
    machine.send("O-1", "O-2")
    assert machine.events() == ["O-1", "O-2"]


def test_a_damaged_database_is_kept_aside_and_the_last_backup_takes_its_place(machine: Machine) -> None:
    machine.send("O-1")
    machine.types(blocks(machine.house, "disaster.md", "Backups")[0])
    machine.types("systemctl stop clearly")
    machine.database.write_bytes(b"\0" * 4096 + machine.database.read_bytes()[4096:])
    tried = machine.types(f"clearly run --rules {machine.rules} --db {machine.database} --http 127.0.0.1:0 2>&1 || echo code $?")
    assert "restore a backup" in tried
    assert "code 2" in tried
    machine.follows("disaster.md", "The database is damaged")
    machine.follows("disaster.md", "The disk is lost")
    assert machine.events() == ["O-1"]
    assert (machine.backups / "damaged" / "clearly.db").read_bytes()[:16] == b"\0" * 16


def test_a_journal_that_is_doubted_is_kept_and_verified(machine: Machine) -> None:
    machine.follows("disaster.md", "The journal is not what it was")
    assert json.loads((machine.root / "tmp" / "verified.json").read_text("utf-8"))


def test_a_clock_that_was_ahead_is_lived_down_with_the_backup_of_before(machine: Machine) -> None:
    machine.send("O-1")
    machine.types(blocks(machine.house, "disaster.md", "Backups")[0])
    machine.types("systemctl stop clearly")
    month = 30 * 86_400 * 1_000_000
    with sqlite3.connect(machine.database) as connection:
        connection.execute("UPDATE meta SET value = value + ? WHERE name = 'now'", (month,))
    connection.close()
    machine.types("systemctl start clearly")
    assert "the clock was set back" in machine.log()
    machine.send("O-2")
    assert machine.events() == ["O-1", "O-2"], "events are taken meanwhile"
    (machine.root / "log").write_text("", encoding="utf-8")
    machine.follows("disaster.md", "The clock was wrong")
    assert "the clock was set back" not in machine.log()
    assert machine.events() == ["O-1"]


def test_rules_are_taken_back_from_the_database(machine: Machine) -> None:
    before = load(machine.rules)
    rule = machine.rules / "outage" / "repeated-outage.yaml"
    good = rule.read_text("utf-8")
    rule.write_text(good.replace("at least 3", "at least 2"), encoding="utf-8")
    until(lambda: "rules taken up" in machine.log())
    machine.follows("disaster.md", "Other rules back")
    assert rule.read_text("utf-8") == good
    assert not isinstance(before, list)
    until(lambda: runs(machine) == before.version)


def runs(machine: Machine) -> str | None:
    """Return the version of the rules that run."""
    told: str | None = json.loads(machine.types(f"clearly status --db {machine.database} --json"))["rulebook"]
    return told


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_an_upgrade_goes_as_the_page_says(machine: Machine) -> None:
    machine.send("O-1")
    machine.follows("upgrades.md", "The embedded runtime")
    assert machine.events() == ["O-1"]
    assert (machine.backups / "before.db").is_file()


def test_a_newer_layout_is_refused_and_the_backup_of_before_is_the_way_back(machine: Machine) -> None:
    machine.send("O-1")
    machine.types(blocks(machine.house, "disaster.md", "Backups")[0])
    machine.types("systemctl stop clearly")
    with sqlite3.connect(machine.database) as connection:
        connection.execute("INSERT INTO migrations (number, applied) VALUES (999, 0)")
    connection.close()
    tried = machine.types(f"clearly run --rules {machine.rules} --db {machine.database} --http 127.0.0.1:0 2>&1 || echo code $?")
    assert "written by a newer version" in tried
    machine.follows("disaster.md", "The disk is lost")
    assert machine.events() == ["O-1"]


def test_new_rules_are_brought_without_a_stop(machine: Machine) -> None:
    shutil.copytree(machine.rules, machine.root / "tmp" / "new-rules")
    rule = machine.root / "tmp" / "new-rules" / "outage" / "repeated-outage.yaml"
    rule.write_text(rule.read_text("utf-8").replace("due: 5 working days", "due: 4 working days"), encoding="utf-8")
    machine.follows("upgrades.md", "Rules")
    wanted = load(machine.root / "tmp" / "new-rules")
    assert not isinstance(wanted, list)
    until(lambda: runs(machine) == wanted.version)
