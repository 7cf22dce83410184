"""What is sent while things go wrong, and the count afterwards of everything that has to be right."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams import clock
from tests.kafka.test_parity import embedded, history
from tests.streams.county import RULES, folded, hours_now, lines, micros, restored, started, write_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.installation import Installation

#: A task for each outage, so that every event leaves a trace in what is published and can be counted.
EVERY = """
rule: every-outage
title: Every outage
owner: dispatch
status: live
reason: "every event is counted"
when:
  event: outage.started
  same: outage_id
  count: at least 1
  within: 60 days
task:
  severity: info
  to: dispatcher
  due: 5 days
  say: "{outage_id}"
"""
#: Hours until a deadline of `long-outage` is decided: twelve, and two more in which a restoration may still come.
DECIDED = 14
#: Seconds from the start of a punctual outage to its restoration, and from there until it would have been too long.
WAIT, SPARE = 6.0, 4.0
#: Events that are sent together.
STEP = 25


class Load(threading.Thread):
    """Sends events to the feed, each at its second, and notes when the brokers had them."""

    def __init__(self, kafka: Installation, plan: list[tuple[float, list[Any]]]) -> None:
        super().__init__()
        self.kafka, self.plan = kafka, plan
        #: when the brokers had the restoration of an outage (microseconds)
        self.restored: dict[str, int] = {}
        self.failed: BaseException | None = None
        self.start()

    def run(self) -> None:
        began = time.monotonic()
        try:
            for due, events in self.plan:
                time.sleep(max(0.0, began + due - time.monotonic()))
                at = self.kafka.send(events, key="outage_id")
                self.restored |= {event["outage_id"]: at for event in events if event["type"] == "outage.restored"}
        except BaseException as error:  # noqa: BLE001 - told by `finish`
            self.failed = error

    def finish(self) -> None:
        """Wait for the last record."""
        self.join()
        if self.failed is not None:
            raise self.failed


@dataclass
class County:
    """Rules, a history, the tasks that it has to come to, and what is sent of it when."""

    folder: Path
    seed: int
    record: Callable[[str, object], None]
    rules: Path = field(init=False)
    events: list[Any] = field(default_factory=list)
    expected: dict[str, Any] = field(default_factory=dict)
    #: outages that are restored in time, with the moment (microseconds) at which they would not have been
    punctual: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the rules."""
        self.rules = write_rules(self.folder / "rules", RULES | {"every-outage.yaml": EVERY})

    def load(self, kafka: Installation, count: int, seconds: float) -> Load:
        """Send a history evenly over some seconds, and every half second an outage with a deadline just ahead."""
        events = history(self.seed, count)
        plan = [(seconds * place / len(events), events[place : place + STEP]) for place in range(0, len(events), STEP)]
        self.events = events + [event for _, some in self.on_time(seconds) for event in some]
        feed = self.folder / "feed.jsonl"
        feed.write_bytes(lines(self.events))
        self.expected = embedded(self.rules, feed, self.folder)
        self.record("events", len(self.events))
        # made once more, since what went before took its time; the same tasks come of it
        return Load(kafka, sorted(plan + self.on_time(seconds), key=lambda pair: pair[0]))

    def on_time(self, seconds: float) -> list[tuple[float, list[Any]]]:
        """Return outages whose deadline is decided while events are sent, and their restorations just before, each with its second."""
        plan, now = [], hours_now()
        for number in range(int(2 * seconds)):
            due, name, area = number / 2 + WAIT + SPARE, f"p{number}", f"P-{number}"
            begins = now - DECIDED + due / 3600
            self.punctual[name] = micros(begins + DECIDED)
            plan += [(number / 2, [started(name, begins, area, revision=0)]), (number / 2 + WAIT, [restored(name, begins + 1, area)])]
        return plan

    def check(self, kafka: Installation, load: Load) -> None:
        """Compare everything that has to be right in the end."""
        load.finish()
        kafka.settle(clock.now())
        published = kafka.lines()
        assert counted(published) == self.standing(), "every outage, once"
        assert folded(published) == self.expected
        assert repeated(published) == []
        in_time = {name for name, due in self.punctual.items() if load.restored[name] < due}
        assert not in_time & long_outages(published), "a deadline that was not missed"
        self.record("deadlines", len(in_time))
        kafka.caught_up()
        assert kafka.aged() == []

    def standing(self) -> list[str]:
        """Return every outage that was not taken back."""
        gone = {event["outage_id"] for event in self.events if event["type"] == "outage.retracted"}
        return sorted({event["outage_id"] for event in self.events if event["type"] == "outage.started"} - gone)


def counted(published: list[bytes]) -> list[str]:
    """Return the outages that stand in tasks of `every-outage`."""
    return sorted(name for task, (_, _, held) in folded(published).items() if task.startswith("every-outage") for name in held)


def long_outages(published: list[bytes]) -> set[str]:
    """Return every outage that ever was too long, taken back later or not."""
    changes = map(json.loads, published)
    return {name for change in changes if change["rule"] == "long-outage" for name in change["evidence"]}


def repeated(published: list[bytes]) -> list[str]:
    """Return tasks that were opened while they stood, or told something else without ever being opened."""
    standing: set[str] = set()
    wrong = []
    for change in map(json.loads, published):
        name, kind = change["task_id"], change["change"]
        if (kind == "opened") == (name in standing):
            wrong.append(f"{name} {kind}")
        (standing.discard if kind == "withdrawn" else standing.add)(name)
    return wrong
