"""Messages to people: brought once, tried again, kept where they cannot be brought; with a real receiver and a clock of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from engine.casework import Subscription
from engine.events import Envelope, envelope
from streams.cli.program import answer
from streams.notify import Courier, Mailroom, mailroom_of
from tests.streams.program import Program
from tests.streams.test_office import House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
MINUTE, HOUR = 60_000_000, 3_600_000_000


class Receiver:
    """A web server that takes messages; `answers` is what it answers next, 200 where nothing is said."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def ids(self) -> list[str]:
        """Return the ids of what came."""
        return [headers["webhook-id"] for headers, _ in self.got]

    def types(self) -> list[str]:
        """Return the types of what came."""
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that takes everything."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Return a house in which nothing has happened yet."""
    house = House(tmp_path)
    yield house
    house.store.close()


class Post:
    """The mailroom of a house and its courier."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.room = Mailroom(mailroom_of(house.folder / "db"))
        self.courier = Courier(house.folder / "db", self.room)

    def subscribe(self, to: str, **asked: Any) -> None:
        """Have somebody subscribe."""
        one = Subscription(name=asked.pop("name", "mine"), to=to, owner="cao-ying", secret=SECRET, **asked)
        self.room.add(one, self.house.store.end("publications"), self.house.now)

    def round(self, **later: float) -> dict[str, int]:
        """Let time pass and the courier go round."""
        if later:
            self.house.pass_(**later)
        return dict(self.courier.round(self.house.now))

    def again(self) -> None:
        """Stop the courier and start another."""
        self.courier.close()
        self.room = Mailroom(mailroom_of(self.house.folder / "db"))
        self.courier = Courier(self.house.folder / "db", self.room)


@pytest.fixture
def post(house: House) -> Iterator[Post]:
    """Return the post of the house."""
    post = Post(house)
    yield post
    post.courier.close()


def test_a_webhook_gets_a_signed_cloudevent_that_says_why_it_comes_and_how_to_stop_it(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver.url, level=1, units=("qinghe.linxi",))
    task = post.house.find()
    assert post.round() == {"brought": 1}
    ((headers, body),) = receiver.got
    told = envelope(body, {"content-type": headers["content-type"]})
    assert isinstance(told, Envelope)
    event = json.loads(body)
    assert (event["type"], event["subject"], event["unitcode"], event["esclevel"]) == ("clearly.rung.claimed.v1", task.id, "chengguan", 1)
    assert "clearly subscription remove mine" in event["data"]["message"]["text"]
    assert event["id"] == headers["webhook-id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"0123456789abcdef", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_each_message_comes_once_whoever_restarts(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver.url)
    post.house.find()
    for _ in range(8):
        post.round(days=2)
        post.again()
    post.round(days=20)
    assert len(receiver.got) > 6
    assert len(set(receiver.ids())) == len(receiver.got)


def test_who_subscribes_later_is_told_what_happens_from_then_on(post: Post, receiver: Receiver) -> None:
    post.house.find()
    post.subscribe(receiver.url)
    assert post.round() == {}
    post.round(days=3)
    assert receiver.got


def test_a_message_that_does_not_get_through_is_tried_again_and_nothing_overtakes_its_subscriber(post: Post, receiver: Receiver) -> None:
    receiver.answers = [503, 429]
    post.subscribe(receiver.url)
    post.house.find()
    assert post.round() == {"failed": 1}
    assert post.round() == {}
    assert post.round(seconds=11) == {"failed": 1}
    assert post.round(seconds=30) == {}
    assert post.round(minutes=1) == {"brought": 1}
    assert len(set(receiver.ids())) == 1
    assert post.room.counts("mine") == (1, 0, 0)


def test_what_never_gets_through_is_kept_with_its_reason_and_can_be_sent_again(
    post: Post, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.answers = [500] * 7
    post.subscribe(receiver.url, topics=("alert",), level=1)
    post.house.find()
    told = [post.courier.round(post.house.now + hours * HOUR) for hours in range(24)]
    assert sum(counts["failed"] for counts in told) == 6
    assert sum(counts["given up"] for counts in told) == 1
    assert post.room.counts("mine") == (0, 0, 1)
    db = str(post.house.folder / "db")
    assert answer(["subscription", "undelivered", "--db", db]) == 0
    assert "the receiver answered 500" in capsys.readouterr().out
    assert answer(["subscription", "replay", "--all", "--db", db]) == 0
    capsys.readouterr()
    post.courier.round(post.house.now + 10 * 365 * 24 * HOUR)
    assert post.room.counts("mine") == (1, 0, 0)
    assert len(set(receiver.ids())) == 1


def test_a_courier_that_dies_while_sending_sends_the_same_message_again(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver.url)
    post.house.find()
    ((subscription, position),) = post.room.subscriptions()
    post.courier._take_in(subscription, position, post.house.now)
    (parcel,) = post.room.due("mine", post.house.now, 10)
    post.room.begin(parcel.number, post.house.now + MINUTE, post.house.now)
    post.again()
    assert post.round() == {}
    assert post.round(minutes=2) == {"brought": 1}
    assert receiver.ids() == [parcel.id]
    assert post.round(minutes=30) == {}


def test_quiet_hours_are_kept_by_each_subscriber_and_urgent_ones_pass(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver.url, quiet="07:00-12:00")
    post.house.find()
    assert post.round() == {}
    assert post.round(hours=3) == {}
    assert post.round(hours=1)["brought"] >= 1


def test_one_that_does_not_answer_keeps_nobody_else_waiting(post: Post, receiver: Receiver) -> None:
    post.subscribe("http://127.0.0.1:9/nobody", name="gone")
    post.subscribe(receiver.url)
    post.house.find()
    assert post.round() == {"failed": 1, "brought": 1}


def test_a_subscription_that_ends_soon_says_so_once_and_then_is_silent(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver.url, expires="2026-03-06", level=5)
    for _ in range(5):
        post.round(hours=12)
    assert receiver.types() == ["clearly.subscription.ending.v1"]
    post.round(days=10)
    assert len(receiver.got) == 1


def test_other_channels_go_by_apprise(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver.url.replace("http://", "json://"))
    post.house.find()
    assert post.round() == {"brought": 1}
    ((_, body),) = receiver.got
    said = json.loads(body)
    assert said["title"].startswith("[L1 ")
    assert "如何停止" in said["message"]
    receiver.answers = [500]
    post.house.pass_(days=2)
    assert post.round() == {"failed": 1}
    post.courier.round(post.house.now + 24 * HOUR)
    assert post.room.counts("mine")[2] == 0


def test_subscriptions_are_added_tried_listed_and_removed(house: House, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    db = str(house.folder / "db")
    house.find()
    command = [
        "subscription",
        "add",
        "linxi-l3",
        "--db",
        db,
        "--to",
        receiver.url,
        "--owner",
        "cao-ying",
        "--level",
        "3",
        "--unit",
        "linxi",
        "--category",
        "outage",
    ]
    assert answer(command) == 0
    assert "whsec_" in capsys.readouterr().out
    assert answer(["subscription", "test", "linxi-l3", "--db", db]) == 0
    assert receiver.types() == ["clearly.subscription.test.v1"]
    capsys.readouterr()
    assert answer(["subscription", "list", "--db", db]) == 0
    out = capsys.readouterr().out
    assert receiver.url in out
    assert "level 3; units linxi; categories outage" in out
    assert "alert.l1" in out.splitlines()[-1]
    assert "whsec_" not in out
    receiver.answers = [410]
    assert answer(["subscription", "test", "linxi-l3", "--db", db]) == 1
    assert capsys.readouterr().err.startswith("linxi-l3: the receiver answered 410")
    assert answer(["subscription", "remove", "linxi-l3", "--db", db]) == 0
    assert answer(["subscription", "remove", "linxi-l3", "--db", db]) == 1


def test_what_cannot_be_subscribed_to_is_refused_all_at_once(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    db = str(house.folder / "db")
    command = ["subscription", "add", "x", "--db", db, "--to", "nonsense://x", "--owner", "a", "--unit", "atlantis", "--quiet", "late"]
    command += ["--category", "outages", "--category", "repeated-outage"]
    assert answer(command) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == ["--quiet late", "--unit atlantis", "--category outages", "--to nonsense"]
    assert "did you mean 'outage'?" in told[2]


def test_the_process_that_runs_brings_messages_by_itself(house: House, receiver: Receiver) -> None:
    database = house.folder / "db"
    house.find()
    house.store.close()
    room = Mailroom(mailroom_of(database))
    room.add(Subscription(name="mine", to=receiver.url, owner="cao-ying", secret=SECRET), 0, 0)
    room.close()
    feed = house.folder / "feed.jsonl"
    feed.write_bytes(b"")
    with Program(house.folder / "rules", database, [(str(feed), None, "")]) as program:
        program.until(lambda: receiver.got)
        assert program.stop() == 0
    house.start()
