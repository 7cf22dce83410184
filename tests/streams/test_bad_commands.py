"""What people send by mistake: refused with the reason, recorded where there is a task, nothing lost and nothing half done."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from engine.casework import Moved, Refused, fold, verify
from streams import docket
from streams.cli.program import answer
from streams.orders import Unfit, orders_of
from streams.store import open_reader
from tests.streams.program import Program
from tests.streams.test_office import House, outage, rules_in, tasks_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.casework import Entry


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return a house with one task that waits for a signature."""
    house = House(tmp_path)
    house.find()
    yield house
    house.store.close()


def unmoved(house: House, before: list[Entry], refusals: int) -> None:
    """See that nothing happened but refusals, and that the journal still proves what it says."""
    after = house.journal()
    assert after[: len(before)] == before
    assert [entry.kind for entry in after[len(before) :]] == ["command.refused"] * refusals
    assert (after[-1].state, after[-1].level) == (before[-1].state, before[-1].level)
    assert verify(after) == ()
    assert house.task() == fold(after)
    assert house.store.one("SELECT count(*) FROM attachments") == 0


@pytest.mark.parametrize(
    ("command", "actor", "more", "code", "told"),
    [
        ("ack", "nobody", {}, "actor", "cannot sign: nobody is called 'nobody' in the organisation"),
        ("ack", "", {}, "actor", "nobody is called ''"),
        ("pause", "zhang-wei", {"reason": "x", "data": {"code": "weather"}}, "role", "it takes SUP; cao-ying can"),
        ("ack", "zhang-wei", {"role": "SUP_HEAD"}, "role", "zhang-wei is not SUP_HEAD of chengguan"),
        ("ack", "zhang-wei", {"seq": 99}, "stale", "you name entry 99, but the task has only 2"),
        ("ack", "zhang-wei", {"seq": 1}, "stale", "you saw entry 1; entry 2 came since and changed it: look again"),
        ("accept", "zhou.min", {}, "state", "the task is ISSUED"),
        ("reassign", "zhou.min", {}, "incomplete", "give a reason"),
        ("reassign", "zhou.min", {"reason": "x", "data": {"unit": "atlantis"}}, "idle", "there is no unit 'atlantis'"),
    ],
)
def test_a_command_that_cannot_be_is_refused_with_the_reason_and_moves_nothing(
    house: House, command: str, actor: str, more: dict[str, Any], code: str, told: str
) -> None:
    before = house.journal()
    refused = house.say(command, actor, **more)
    assert isinstance(refused, Refused)
    assert (refused.code, told in refused.en) == (code, True), refused
    assert refused.zh
    unmoved(house, before, 1)


def test_a_form_with_ten_faults_has_all_of_them_told_at_once(house: House) -> None:
    assert isinstance(house.say("ack", "zhang-wei"), Moved)
    before = house.journal()
    fields = {
        "what_happened": {"text": "已处理", "evidence": ["no-such-photo"]},
        "timeline": {"start": {"at": "31 February", "evidence": ["O-3"]}, "restored": {"at": "2026-03-01 09:00", "evidence": ["O-33"]}},
        "scope": {"customers": {"value": "many", "evidence": ["O-3"]}},
        "direct_cause": {"code": "bad_luck", "text": "", "evidence": []},
        "responsibility": {"unit": "atlantis", "person": "nobody", "share": "all"},
        "actions": [{"what": "", "owner": "nobody", "due": "20260-01-01"}],
        "colour": {"text": "red"},
    }
    refused = house.say("submit_explanation", "sun-jie", fields=fields)
    assert isinstance(refused, Refused)
    assert len(refused.faults) >= 10
    where = {one.field for one in refused.faults}
    assert {"what_happened", "timeline", "scope", "direct_cause", "responsibility", "actions", "correction"} <= where
    unmoved(house, before, 1)


@pytest.mark.parametrize("moment", ["20260-01-01T00:00:00+08:00", "2026-03-20", 577_000_000_000_000_000, "soon", True, None])
def test_a_date_that_is_none_or_far_away_pauses_nothing(house: House, moment: Any) -> None:
    before = house.journal()
    asked = {"command": "pause", "task": house.task().id, "actor": "zhou.min", "seq": 2, "reason": "x"}
    body = json.dumps({**asked, "data": {"code": "weather", "until": moment}}).encode()
    if not isinstance(moment, int) or isinstance(moment, bool):
        with pytest.raises(Unfit, match="is no moment; write 2026-03-20T17:30:00"):
            orders_of(body, house.now)
        unmoved(house, before, 0)
        return
    (outcome,) = house.runtime.order(orders_of(body, house.now), house.now)
    assert isinstance(outcome, Refused)
    assert "'until' is no date near enough to be meant" in outcome.en
    unmoved(house, before, 1)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ({"name": "empty.pdf", "content": ""}, "empty.pdf"),
        ({"name": "call.wav", "content": "YQ==", "classification": "secret"}, "secret"),
        ({"name": "call.wav"}, "content"),
    ],
)
def test_a_file_that_is_none_stops_the_whole_request(house: House, file: dict[str, str], told: str) -> None:
    before = house.journal()
    asked = {"command": "attach", "task": house.task().id, "actor": "zhang-wei", "seq": 2}
    good = {"name": "a.pdf", "content": "YQ=="}
    with pytest.raises(Unfit, match=told):
        orders_of(json.dumps([{**asked, "files": [good]}, {**asked, "files": [file]}]).encode(), house.now)
    unmoved(house, before, 0)


def test_a_file_of_a_hundred_megabytes_is_refused_by_its_size_before_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], house: House
) -> None:
    before = house.journal()
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    film.chmod(0o000)  # whoever tried to read it would be told so
    name = house.task().id
    house.store.close()
    assert answer(["task", "attach", name, str(film), "--db", str(tmp_path / "db"), "--as", "zhang-wei"]) == 2
    assert "100.0 MB" in capsys.readouterr().err
    house.start()
    unmoved(house, before, 0)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[Program, str, str]]:
    """Return the program as it runs, its address, and the task that it has."""
    rules_in(tmp_path / "rules")
    lines = [outage(number, datetime.now(UTC) - timedelta(days=number)) for number in (3, 2, 1)]
    (tmp_path / "feed.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    with Program(tmp_path / "rules", tmp_path / "db", [(str(tmp_path / "feed.jsonl"), None, "")], {}, http="127.0.0.1:0") as running:
        address = running.url()
        running.until(lambda: len(tasks_in(tmp_path / "db")) == 1)
        yield running, address, tasks_in(tmp_path / "db")[0].id
        assert running.stop() == 0


def test_two_people_at_once_are_both_answered_and_one_of_them_is_told_to_look_again(
    program: tuple[Program, str, str], tmp_path: Path
) -> None:
    _, address, name = program
    seen = tasks_in(tmp_path / "db")[0].seq
    asked = {"command": "cancel", "task": name, "seq": seen, "reason": "not a fault", "data": {"code": "mistake"}}

    def send(actor: str) -> Any:
        return httpx.post(f"{address}/commands", json={**asked, "actor": actor}, timeout=60).json()["results"][0]

    with ThreadPoolExecutor(3) as crowd:
        answers = list(crowd.map(send, ("cao-ying", "qin.hao", "zhou.min")))
    # it takes two: the first one's word waits, the second one's carries it out, the third comes too late
    assert sorted(one["outcome"] for one in answers) == ["done", "proposed", "refused"], answers
    (late,) = [one for one in answers if one["outcome"] == "refused"]
    assert late["code"] in {"stale", "state"}
    with closing(open_reader(tmp_path / "db")) as reader:
        entries = docket.journal_of(reader, name)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.kind for entry in entries if entry.seq > seen] == ["command.proposed", "task.cancelled", "command.refused"]
    assert verify(entries) == ()


def test_a_body_of_a_hundred_megabytes_is_refused_before_it_is_sent(program: tuple[Program, str, str]) -> None:
    _, address, _ = program
    place = urlsplit(address)
    length = f"content-type: application/json\r\ncontent-length: {100 * 1024 * 1024}"
    head = f"POST /commands HTTP/1.1\r\nhost: {place.hostname}\r\n{length}\r\n\r\n"
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as line:
        line.sendall(head.encode())
        answer = line.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")
