"""Rules that change while events come: published into the log, taken up without a pause, and a poison record mended and sent again."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from streams import clock
from streams.kafka.status import standing
from tests.kafka.installation import Installation
from tests.streams.county import CATALOGUE, LONG, REPEATED, RULES, folded, hours_now, restored, started, write_rules

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection


def clearly(kafka: Installation, *arguments: str) -> tuple[int, str]:
    """Return exit code and output of a command, as an operator meets them."""
    command = [sys.executable, "-m", "streams", "kafka", *arguments, "--bootstrap", kafka.connection.bootstrap]
    done = subprocess.run(command, capture_output=True, text=True, env=kafka.environment, check=False)
    return done.returncode, done.stdout + done.stderr


def settled(kafka: Installation) -> dict[str, Any]:
    """Return the tasks, once everything up to now has been judged."""
    kafka.settle(clock.now())
    return folded(kafka.lines())


def rules_of(tasks: dict[str, Any]) -> list[str]:
    """Return the rules of some tasks."""
    return sorted(name.rpartition("-")[0] for name in tasks)


def versions(kafka: Installation) -> set[str]:
    """Return the rulebooks that the partitions go by."""
    return {one.version for one in standing(kafka.connection)}


def test_rules_change_while_events_come(connection: Connection, tmp_path: Path) -> None:
    """Rules that collect the same go on with what they know; one that looks for something else begins anew; one that is gone ends."""
    now = hours_now()
    before = {**RULES, "repeated-outage.yaml": REPEATED.replace("at least 3", "at least 9")}
    with Installation(connection, tmp_path) as kafka:
        code, said = clearly(kafka, "publish", str(write_rules(tmp_path / "before", before)))
        assert (code, "3 begin with what comes from now on" in said) == (0, True), said
        kafka.start("intake")
        kafka.start("watching")
        kafka.send([started("o1", now - 20), started("o2", now - 3), started("o3", now - 2)], key="outage_id")
        assert rules_of(settled(kafka)) == ["long-outage"]
        after = {
            "catalogue.yaml": CATALOGUE,
            "long-outage.yaml": LONG.replace("title: Long", "title: Very long"),
            "repeated-outage.yaml": REPEATED,
        }
        folder = write_rules(tmp_path / "after", after)
        code, said = clearly(kafka, "publish", str(folder), "--dry-run")
        assert "1 go on with what they know: long-outage" in said
        assert "begin anew with what comes from now on: repeated-outage" in said
        assert "1 end; their tasks stay as they are: weak-area" in said
        assert rules_of(settled(kafka)) == ["long-outage"], "nothing has changed yet"
        assert clearly(kafka, "publish", str(folder))[0] == 0
        version = json.loads(clearly(kafka, "status", "--json")[1])["rulebook"]
        kafka.until(lambda: versions(kafka) == {version}, "waiting for every partition to go by the new rules")
        kafka.send([restored("o1", now - 1), *(started(f"p{number}", now - 1, "TA-2") for number in range(3))], key="outage_id")
        tasks = settled(kafka)
        assert versions(kafka) == {version}
        # the watch of o1 was kept: its restoration came too late for the twelve hours, so the task stands; the counting began anew
        assert rules_of(tasks) == ["long-outage", "repeated-outage"]


def test_a_poison_record_is_mended_and_sent_again_once(connection: Connection, tmp_path: Path) -> None:
    now = hours_now()
    strict = write_rules(tmp_path / "strict", {"catalogue.yaml": CATALOGUE, "long-outage.yaml": LONG})
    lenient = write_rules(
        tmp_path / "lenient",
        {
            "catalogue.yaml": CATALOGUE.replace("restored_at: time\n      transformer_area: text", "restored_at: time"),
            "long-outage.yaml": LONG,
        },
    )
    with Installation(connection, tmp_path) as kafka:
        assert clearly(kafka, "publish", str(strict))[0] == 0
        kafka.start("all", "all", "--db", str(tmp_path / "ledger.db"))
        without = restored("o1", now - 15)
        del without["transformer_area"]
        kafka.send([started("o1", now - 20), without], key="outage_id")
        assert rules_of(settled(kafka)) == ["long-outage"]
        code, said = clearly(kafka, "dlq", "list")
        assert code == 0
        assert "'transformer_area' is missing on outage.restored" in said
        (letter,) = json.loads(clearly(kafka, "dlq", "list", "--json")[1])
        assert json.loads(json.loads(clearly(kafka, "dlq", "show", letter["id"])[1])["raw"]) == without
        assert clearly(kafka, "publish", str(lenient))[0] == 0
        version = json.loads(clearly(kafka, "status", "--json")[1])["rulebook"]
        kafka.until(lambda: version in kafka.workers[0].said, "waiting for intake to go by the new rules")
        code, said = clearly(kafka, "dlq", "replay", "--all")
        assert (code, said) == (0, f"{letter['id']}: sent again\n")
        assert clearly(kafka, "dlq", "replay", letter["id"]) == (1, f"{letter['id']}: was sent again before\n")
        assert clearly(kafka, "dlq", "show", "no/0/0/0")[0] == 1
        assert settled(kafka) == {}, "the outage was restored in time"
        assert "nothing is rejected" in clearly(kafka, "dlq", "list")[1]
        assert clearly(kafka, "dlq", "list", "--all")[1].count(letter["id"]) == 1
        assert [worker.stop() for worker in kafka.workers] == [0]


PROFILE = """
profile: strict
title: Strict
reason: "a test"
rules:
  repeated-outage:
    title: Twice is too often
    reason: "a test"
    when:
      count: at least 2
"""


def test_rules_are_published_with_the_numbers_of_a_profile(connection: Connection, tmp_path: Path) -> None:
    """The choice travels with the rules: two outages are enough, and the version is another one."""
    now = hours_now()
    folder = write_rules(tmp_path / "rules", {**RULES, "profiles/strict.yaml": PROFILE})
    with Installation(connection, tmp_path) as kafka:
        code, said = clearly(kafka, "publish", str(folder), "--profile", "strickt")
        assert (code, "there is no profile 'strickt'; did you mean 'strict'" in said) == (2, True), said
        plain = json.loads(clearly(kafka, "publish", str(folder), "--dry-run", "--json")[1])["version"]
        code, said = clearly(kafka, "publish", str(folder), "--profile", "strict", "--json")
        assert (code, json.loads(said)["version"] != plain) == (0, True)
        kafka.start("intake")
        kafka.start("watching")
        kafka.send([started("o1", now - 3), started("o2", now - 2)], key="outage_id")
        assert "repeated-outage" in rules_of(settled(kafka))
