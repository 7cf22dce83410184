"""The HTTP front door as a sender meets it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest

from streams.embedded.frontdoor import MOST, FrontDoor, Refused, Views, parcel_of
from streams.embedded.inbox import Inbox
from streams.embedded.parcel import Receipt
from streams.lock import Unusable
from streams.settings import Settings
from streams.store import NotKept
from tests.streams.county import hours_now, line, lines, started, write_rules
from tests.streams.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a secret of the dispatch centre"  # noqa: S105 - of this test
EVENT = {"specversion": "1.0", "id": "1", "source": "scada", "type": "outage.started", "data": started("C-1", 0)}
ACCEPTED = {"accepted": 1, "rejected": []}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Return a process that listens beyond this machine, with a token and small limits."""
    folder = tmp_path_factory.mktemp("door")
    limits = {"http_token": TOKEN, "http_body_limit": 10_000, "event_limit": 2_000}
    with Program(write_rules(folder / "rules"), folder / "db", (), limits, http="0.0.0.0:0") as program:
        program.url()
        yield program
        assert program.stop() == 0


@pytest.fixture
def client(program: Program) -> Iterator[httpx.Client]:
    """Return a sender who knows the token."""
    address = program.url().replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - where it listens, as a sender calls it
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
        yield client


def post(client: httpx.Client, body: bytes, **headers: str) -> tuple[int, dict[str, object]]:
    """Return status and answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post("/events", content=body, headers=named)
    return answer.status_code, answer.json()


def test_one_event_is_kept_when_it_is_answered(client: httpx.Client, program: Program) -> None:
    before = program.count("events")
    assert post(client, line(started("A-1", hours_now()))) == (202, ACCEPTED)
    assert program.count("events") == before + 1


def test_in_a_list_each_event_stands_for_itself(client: httpx.Client) -> None:
    status, answer = post(client, json.dumps([started("B-1", 0), {"type": "outage.startd"}, started("B-2", 0)]).encode())
    right = "did you mean 'outage.started'?"
    rejected = answer["rejected"]
    assert isinstance(rejected, list)
    assert "outage.startd" in rejected[0].pop("reason")
    assert (status, answer["accepted"], rejected) == (202, 2, [{"index": 1, "code": "unknown-type", "path": "$.type", "right": right}])


def test_json_lines_are_taken_line_by_line(client: httpx.Client) -> None:
    status, answer = post(client, lines([started("L-1", 0)]) + b"\n{broken\n", content_type="application/x-ndjson")
    rejected = answer["rejected"]
    assert isinstance(rejected, list)
    assert (status, answer["accepted"], [one["index"] for one in rejected]) == (202, 1, [1])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps(EVENT), {"content-type": "application/cloudevents+json; charset=utf-8"}),
        (json.dumps([EVENT]), {"content-type": "application/cloudevents-batch+json"}),
        (json.dumps(EVENT), {"content-type": "application/json"}),
        (
            json.dumps(EVENT["data"]),
            {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "scada", "ce-type": "outage.started", "content-type": "application/json"},
        ),
    ],
    ids=["structured", "batch", "told by its content", "binary"],
)
def test_cloudevents_are_taken_in_each_of_their_shapes(client: httpx.Client, body: str, headers: dict[str, str]) -> None:
    assert post(client, body.encode(), **headers) == (202, ACCEPTED)


@pytest.mark.parametrize("body", [b"", b"  ", b"{broken", b"hello", b"[{}, {", b"\xff\xfe", b'{"a": 1} {"b": 2}'])
def test_where_nothing_can_be_read_the_answer_is_400_with_the_reason(client: httpx.Client, program: Program, body: bytes) -> None:
    before = program.count("rejected")
    status, answer = post(client, body)
    assert status == 400
    assert answer["reason"]
    assert program.count("rejected") == before


def test_an_empty_list_is_fine(client: httpx.Client) -> None:
    assert post(client, b"[]") == (202, {"accepted": 0, "rejected": []})


def test_more_events_than_can_be_kept_and_answered_at_once_are_413() -> None:
    """A list of numbers is small in bytes, and each of them would have to be kept with its reason."""
    for body, headers in ((b"[" + b"1," * MOST + b"1]", {}), (b"1\n" * (MOST + 1), {"content-type": "application/x-ndjson"})):
        with pytest.raises(Refused, match="100,001 events") as refused:
            parcel_of(body, headers, "", 1000)
        assert refused.value.status == 413
    assert len(parcel_of(b"[" + b"1," * (MOST - 1) + b"1]", {}, "", 1000).records) == MOST


def test_too_much_at_once_is_413_and_one_event_that_is_too_long_is_rejected(client: httpx.Client) -> None:
    assert post(client, b"[" + b" " * 20_000 + b"]")[0] == 413

    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 1_000

    assert client.post("/events", content=parts()).status_code == 413
    status, answer = post(client, json.dumps([started("S-1", 0), started("S-2", 0, cause="x" * 3_000)]).encode())
    rejected = answer["rejected"]
    assert isinstance(rejected, list)
    assert (status, answer["accepted"], [(one["index"], one["code"]) for one in rejected]) == (202, 1, [(1, "too-long")])


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_without_the_token_nothing_is_taken_and_nothing_is_shown(client: httpx.Client, given: str) -> None:
    answer = client.post("/events", content=line(started("T-1", 0)), headers={"authorization": given})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get("/status", headers={"authorization": given}).status_code == 401


def test_health_and_status_can_be_asked_for(client: httpx.Client) -> None:
    assert client.get("/health", headers={"authorization": ""}).json() == {"status": "ok"}
    post(client, line(started("H-1", 0, colour="red")), source="ignored")
    client.post("/events?source=scada-7", content=line(started("H-2", 0)))
    told = client.get("/status").json()
    assert told["unknown_fields"]["outage.started.colour"] >= 1
    assert told["sources"]["scada-7"]["accepted"] == 1
    assert set(told["rules"]) == {"repeated-outage", "long-outage", "weak-area"}
    assert client.get("/events").status_code == 405
    assert client.get("/elsewhere").status_code == 404


def unasked(*_: object) -> NoReturn:
    """Nobody looks, and nobody measures."""
    pytest.fail("nobody asked")


def door(inbox: Inbox, **settings: object) -> FrontDoor:
    """Return a front door that nobody serves yet."""
    return FrontDoor("127.0.0.1:0", inbox, Settings(**settings), Views(unasked, unasked, unasked))  # type: ignore[arg-type] # names of settings


def test_when_too_much_waits_a_sender_is_told_to_come_again() -> None:
    inbox = Inbox(limit=2_000)
    made = door(inbox)

    async def senders() -> tuple[httpx.Response, httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url="http://door") as client:
            first = asyncio.ensure_future(client.post("/events", content=line(started("O-1", 0))))
            await asyncio.to_thread(inbox.bell.wait, 30)
            second = await client.post("/events", content=line(started("O-2", 0)) + b" " * 2_000)
            (letter,) = inbox.take(100)
            letter.answer.set_result(Receipt(1))
            return await first, second

    first, second = asyncio.run(senders())
    made.join()
    assert (first.status_code, first.json()) == (202, ACCEPTED)
    assert (second.status_code, second.headers["retry-after"]) == (503, "1")


def test_what_could_not_be_kept_is_answered_503_with_the_reason() -> None:
    inbox = Inbox(limit=2_000)
    made = door(inbox)

    async def sender() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url="http://door") as client:
            answer = asyncio.ensure_future(client.post("/events", content=line(started("O-1", 0))))
            await asyncio.to_thread(inbox.bell.wait, 30)
            inbox.take(100)[0].answer.set_exception(NotKept("db: the disk is full"))
            return await answer

    answer = asyncio.run(sender())
    made.join()
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["reason"]) == (503, "1", "db: the disk is full")


def test_a_token_from_a_mounted_file_counts(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    made = door(Inbox(10), http_token_file=tmp_path / "token")
    assert made.token == TOKEN
    made.join()


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"CLEARLY_HTTP_TOKEN_FILE: .*none"):
        door(Inbox(10), http_token_file=tmp_path / "none")
