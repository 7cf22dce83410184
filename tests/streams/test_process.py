"""One process from outside: feeds as they are, kill -9 at any moment, a second process, broken rules, a clock that was set back."""

from __future__ import annotations

import gzip
import json
import random
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from streams.store import open_reader
from tests.streams.county import LONG, RULES, folded, hours_now, line, lines, micros, published, restored, started, write_rules
from tests.streams.program import Program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return the rules folder of the county."""
    return write_rules(tmp_path / "rules")


def told(database: Path) -> list[bytes]:
    """Return what was published."""
    reader = open_reader(database)
    try:
        return published(reader)
    finally:
        reader.close()


def ids(database: Path) -> list[str]:
    """Return the ids of the kept events, in the order in which they were accepted."""
    reader = open_reader(database)
    try:
        return [row.id for _, row in reader.events()]
    finally:
        reader.close()


def history(count: int) -> list[dict[str, object]]:
    """Return many outages and their ends, some late, some repeated."""
    chance = random.Random(3)
    events: list[dict[str, object]] = []
    for number in range(count):
        hour, area = number * 0.5, f"TA-{chance.randrange(count // 20)}"
        events.append(started(f"O-{number}", hour, area, planned=chance.random() < 0.2))
        if chance.random() < 0.7:
            events.insert(
                chance.randrange(max(0, len(events) - 30), len(events)), restored(f"O-{number}", hour + chance.random() * 14, area)
            )
        if chance.random() < 0.1:
            events.append(chance.choice(events))
    return events


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))])
def test_killed_at_random_moments_it_publishes_the_same_lines_none_twice(rules: Path, tmp_path: Path, seed: int) -> None:
    events = history(400)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.jsonl").write_bytes(lines(events[:250]) + b"{broken\n" + lines(events[250:300]))
    (folder / "2.jsonl.gz").write_bytes(gzip.compress(lines(events[300:])))
    feeds = [(str(folder), None, "")]
    options = {"once": True, "until": micros(400)}
    with Program(rules, tmp_path / "plain", feeds, {"batch": 10}, **options) as program:
        assert program.ended() == 0
    chance, kills = random.Random(seed), 0
    for _ in range(4):
        with Program(rules, tmp_path / "killed", feeds, {"batch": 10}, **options) as program:
            program.says("running")
            kills += program.kill_at(program.count("events") + chance.randrange(200))
    with Program(rules, tmp_path / "killed", feeds, {"batch": 10}, **options) as program:
        assert program.ended() == 0
    expected = told(tmp_path / "plain")
    assert kills > 1
    assert len(expected) > 200
    assert sorted(told(tmp_path / "killed")) == sorted(expected)
    assert ids(tmp_path / "killed") == ids(tmp_path / "plain")
    reader = open_reader(tmp_path / "killed")
    assert [row.place for _, row, _ in reader.rejected()] == [f"{folder}/1.jsonl:251"]
    reader.close()


def test_a_growing_file_a_new_file_and_a_rotated_one_are_followed(rules: Path, tmp_path: Path) -> None:
    folder, single = tmp_path / "in", tmp_path / "scada.jsonl"
    folder.mkdir()
    today = hours_now()
    single.write_bytes(line(started("O-1", today)) + b"\n")
    with Program(rules, tmp_path / "db", [(str(folder), None, ""), (str(single), None, "scada")]) as program:
        program.until(lambda: program.count("events") == 1)
        with single.open("ab") as handle:
            handle.write(line(started("O-2", today))[:20])
            handle.flush()
            (folder / "b.jsonl").write_bytes(lines([started("O-3", today)]))
            (folder / "half.jsonl.tmp").write_bytes(lines([started("X", today)]))
            program.until(lambda: program.count("events") == 2)
            handle.write(line(started("O-2", today))[20:] + b"\n")
        program.until(lambda: program.count("events") == 3)
        single.rename(tmp_path / "scada.jsonl.1")
        single.write_bytes(lines([started("O-4", today)]))
        program.until(lambda: program.count("events") == 4)
        assert program.stop() == 0
    assert ids(tmp_path / "db") == ["O-1", "O-3", "O-2", "O-4"]


def test_standard_input_is_read_to_its_end_and_then_time_moves(rules: Path, tmp_path: Path) -> None:
    with Program(rules, tmp_path / "db", [("-", None, "pipe")], once=True, until=micros(30)) as program:
        pipe = program.process.stdin
        assert pipe is not None
        pipe.write(lines([started("O-1", 0), started("O-2", 0)]))
        pipe.flush()
        program.until(lambda: program.count("events") == 2)
        pipe.write(lines([restored("O-1", 1)]) + b"{broken")
        pipe.close()
        assert program.ended() == 0
    assert [json.loads(text)["key"] for text in told(tmp_path / "db")] == [{"outage_id": "O-2"}]
    reader = open_reader(tmp_path / "db")
    assert [(row.place, row.source) for _, row, _ in reader.rejected()] == [("standard input:4", "pipe")]
    reader.close()


def test_another_systems_file_comes_in_through_its_mapping(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "scada.yaml").write_text(
        "feed: scada\ntitle: SCADA\nevents:\n  - event: outage.started\n    fields:\n      outage_id: nr\n      started_at: begin\n"
        "      transformer_area: area\n      planned: {constant: no}\n",
        encoding="utf-8",
    )
    (tmp_path / "scada.csv").write_text(
        "nr,begin,area\n1,2026-03-01T00:00:00Z,TA-1\n2,yesterday,TA-1\n3,2026-03-01T01:00:00Z,TA-1\n", encoding="utf-8"
    )
    feeds = [(str(tmp_path / "scada.csv"), str(tmp_path / "scada.yaml"), "")]
    with Program(rules, tmp_path / "db", feeds, once=True, until=micros(9)) as program:
        assert program.ended() == 0, program.log
    assert ids(tmp_path / "db") == ["1", "3"]
    reader = open_reader(tmp_path / "db")
    assert [(row.place, row.raw) for _, row, _ in reader.rejected()] == [(f"{tmp_path}/scada.csv:3", b"2,yesterday,TA-1\n")]
    reader.close()


def test_a_second_process_on_the_same_database_is_refused_in_one_line(rules: Path, tmp_path: Path) -> None:
    with Program(rules, tmp_path / "db", http="127.0.0.1:0") as program:
        program.url()
        with Program(rules, tmp_path / "db") as second:
            assert second.ended() == 2
            assert second.log.count("\n") == 1
            assert f"in use by process {program.process.pid}" in second.log
        assert program.stop() == 0


def test_broken_rules_refuse_to_start_with_every_problem(rules: Path, tmp_path: Path) -> None:
    (rules / "long-outage.yaml").write_text(LONG.replace("status: live", "staus: live").replace("12 hours", "12 ours"), encoding="utf-8")
    with Program(rules, tmp_path / "db") as program:
        assert program.ended() == 1
    assert f"{rules}/long-outage.yaml:5:1: " in program.log
    assert "'staus'" in program.log
    assert "12 ours" in program.log
    assert not (tmp_path / "db").exists()


def test_rules_that_break_while_it_runs_change_nothing_and_good_ones_are_taken_up(rules: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    today = hours_now()
    feed.write_bytes(lines([started("O-1", today - 3), started("O-2", today - 2)]))
    with Program(rules, tmp_path / "db", [(str(feed), None, "")]) as program:
        program.until(lambda: program.count("events") == 2)
        (rules / "repeated-outage.yaml").write_text("rule: repeated-outage\nwhen: nothing\n", encoding="utf-8")
        program.says("the rules have errors; the old ones go on")
        with feed.open("ab") as handle:
            handle.write(lines([started("O-3", today - 1)]))
        program.until(lambda: program.count("changes") >= 2)
        text = RULES["repeated-outage.yaml"].replace("outages in", "times dark in")
        (rules / "repeated-outage.yaml").write_text(text, encoding="utf-8")
        program.says("rules taken up")
        with feed.open("ab") as handle:
            handle.write(lines([started("O-4", today)]))
        program.until(lambda: program.count("events") == 4)
        assert program.stop() == 0
    assert program.log.count("the rules have errors") == 1
    assert json.loads(next(text for text in told(tmp_path / "db") if b"O-4" in text))["say"] == "4 times dark in TA-1"


def test_a_clock_that_was_set_back_is_reported_and_nothing_is_lost_or_decided_early(rules: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_bytes(lines([started("O-1", 0)]))
    feeds = [(str(feed), None, "")]
    with Program(rules, tmp_path / "db", feeds, once=True, until=micros(10)) as program:
        assert program.ended() == 0
    with feed.open("ab") as handle:
        handle.write(lines([restored("O-1", 5)]))
    with Program(rules, tmp_path / "db", feeds, once=True, until=micros(7)) as program:
        assert program.ended() == 0
    assert "the clock was set back" in program.log
    with Program(rules, tmp_path / "db", feeds, once=True, until=micros(40)) as program:
        assert program.ended() == 0
    assert ids(tmp_path / "db") == ["O-1", "O-1"]
    assert folded(told(tmp_path / "db")) == {}


def test_after_a_standstill_senders_over_http_have_time_before_anything_is_decided(rules: Path, tmp_path: Path) -> None:
    feed, today = tmp_path / "feed.jsonl", hours_now()
    feed.write_bytes(lines([started("O-1", today - 20), started("O-2", today - 20)]))
    with Program(rules, tmp_path / "db", [(str(feed), None, "")], once=True, until=micros(today - 19)) as program:
        assert program.ended() == 0
    with Program(rules, tmp_path / "db", settings={"grace_seconds": 3600}, http="127.0.0.1:0") as program:
        assert httpx.post(program.url() + "/events", content=line(restored("O-1", today - 15))).json()["accepted"] == 1
        assert httpx.get(program.url() + "/status").json()["reached"] == micros(today - 19)
        assert program.stop() == 0
    assert told(tmp_path / "db") == []
    with Program(rules, tmp_path / "db", once=True) as program:
        assert program.ended() == 0
    assert [json.loads(text)["key"] for text in told(tmp_path / "db")] == [{"outage_id": "O-2"}]


def test_beyond_this_machine_it_does_not_listen_without_a_token(rules: Path, tmp_path: Path) -> None:
    with Program(rules, tmp_path / "db", http="0.0.0.0:0") as program:
        assert program.ended() == 2
    assert "set CLEARLY_HTTP_TOKEN" in program.log


@pytest.mark.parametrize(("address", "why"), [("8080x", "not an address"), ("nowhere.invalid:1", "no such host")])
def test_an_address_that_cannot_be_used_is_refused_in_one_line(rules: Path, tmp_path: Path, address: str, why: str) -> None:
    with Program(rules, tmp_path / "db", http=address) as program:
        assert program.ended() == 2
    assert program.log.startswith("--http ")
    assert why in program.log
    assert program.log.count("\n") == 1


def test_a_port_where_somebody_listens_already_is_refused_in_one_line(rules: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with Program(rules, tmp_path / "db", http=address) as program:
            assert program.ended() == 2
    assert program.log == f"--http {address}: address already in use; stop who listens there, or give another port\n"


def test_a_feed_that_is_not_there_is_refused_in_one_line(rules: Path, tmp_path: Path) -> None:
    with Program(rules, tmp_path / "db", [(str(tmp_path / "none"), None, "")]) as program:
        assert program.ended() == 2
    assert program.log == f"--feed {tmp_path}/none: there is no such file or folder\n"
