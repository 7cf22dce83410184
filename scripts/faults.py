"""Put faults into a copy of the program by hand, one at a time, and see that the test named beside each one fails.

    python scripts/faults.py              every fault, on both cores
    python scripts/faults.py 3 7          only those
    python scripts/faults.py --list       what they are

A test suite that would not notice these would prove little. `make faults` runs it; tests/test_faults.py keeps the list up to date.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

HOUSE = Path(__file__).resolve().parent.parent
COPIED = ("engine", "streams", "tests", "rules", "examples", "scripts", "pyproject.toml")
ORDER = "tests/engine/watching/test_any_order.py::test_"
KAFKA = "tests/kafka/test_faults.py::test_"
NAIVE = "tests/engine/watching/test_naively.py::test_the_engine_finds_what_a_plain_reading_finds"


class Fault(NamedTuple):
    """A change that must not go unnoticed: `old` becomes `new` in `file`, and `test` must fail."""

    title: str
    file: str
    old: str
    new: str
    test: str


FAULTS = (
    Fault(
        "an event exactly one window old is not counted",
        "engine/watching/count.py",
        "while times[low] < edge:",
        "while times[low] <= edge:",
        f"{NAIVE}[count]",
    ),
    Fault(
        "the same, on the way that late facts take",
        "engine/watching/count.py",
        "low = max(self.low - self.offset, bisect_left(self.times, t - plan.width, 0, here))",
        "low = max(self.low - self.offset, bisect_left(self.times, t - plan.width + 1, 0, here))",
        f"{NAIVE}[count]",
    ),
    Fault(
        "a count fires one event too late",
        "engine/watching/count.py",
        "        if count < least:\n            return",
        "        if count <= least:\n            return",
        f"{NAIVE}[count]",
    ),
    Fault(
        "counting afresh forgets to forget",
        "engine/watching/count.py",
        "            self.low = here + 1 + self.offset",
        "            self.low = low + self.offset",
        f"{NAIVE}[count afresh]",
    ),
    Fault(
        "a restoration at the very deadline is too late",
        "engine/watching/follow.py",
        "            if waiting.due >= t or (self.eras",
        "            if waiting.due > t or (self.eras",
        f"{NAIVE}[not followed by]",
    ),
    Fault(
        "a restoration of the same instant does not answer",
        "engine/watching/follow.py",
        "            if self.roles[place] & self.plan.answers and self.answers(",
        "            if False and self.answers(",
        f"{NAIVE}[not followed by]",
    ),
    Fault(
        "a deadline is decided before late events are in",
        "engine/watching/timers.py",
        "        due = wake + watch.plan.settle",
        "        due = wake",
        "tests/engine/watching/test_time.py::test_a_deadline_waits_for_what_may_come_late",
    ),
    Fault(
        "a silent source is not waited for",
        "engine/watching/progress.py",
        "        return NEVER if heard is None else heard - self.types[source[0]].late_by",
        "        return FOREVER",
        "tests/engine/watching/test_time.py::test_a_deadline_waits_for_a_source_that_is_behind",
    ),
    Fault(
        "a source that has gone is waited for for ever",
        "engine/watching/progress.py",
        "        return idle_after is not None and now - self.heard.get(source, self.began) > idle_after",
        "        return False",
        "tests/engine/watching/test_time.py::test_a_source_that_has_gone_is_waited_for_no_longer",
    ),
    Fault(
        "a late event is taken for the newest",
        "engine/watching/watch.py",
        "        if t <= self.settled or (times and t <= times[-1] and (t < times[-1]",
        "        if t <= self.settled or (times and t <= times[-1] and (t < times[0]",
        f"{ORDER}late_events_lead_to_the_same_tasks[followed by]",
    ),
    Fault(
        "a late event is taken for an early one although its deadline was decided",
        "engine/watching/watch.py",
        "        if t <= self.settled or (times",
        "        if (times",
        f"{ORDER}late_events_lead_to_the_same_tasks[not followed by on an area]",
    ),
    Fault(
        "the order of two events of one instant depends on which came first",
        "engine/watching/watch.py",
        "    return (event.kind.name, id_of(event), event.source)",
        '    return ("", "", "")',
        f"{ORDER}late_events_lead_to_the_same_tasks[count every time]",
    ),
    Fault(
        "a repetition counts again",
        "engine/watching/world.py",
        "        if same_content(known, event):",
        "        if False:",
        "tests/engine/watching/test_time.py::test_repetitions_are_counted_as_such",
    ),
    Fault(
        "the first telling of a fact stays, whatever its revision",
        "engine/events/identity.py",
        "    return _rank(new) > _rank(old)",
        "    return False",
        f"{ORDER}a_corrected_event_counts_as_if_it_had_been_told_right[count]",
    ),
    Fault(
        "a withdrawal that comes first is forgotten",
        "engine/watching/world.py",
        "            if name in kind.withdrawn:",
        "            if False:",
        f"{ORDER}a_withdrawn_outage_never_was[count]",
    ),
    Fault(
        "a correction is put in without taking the wrong telling back",
        "engine/watching/world.py",
        "        kind.drop(old, instant_of(old))",
        "        pass",
        f"{ORDER}a_corrected_event_counts_as_if_it_had_been_told_right[sum]",
    ),
    Fault(
        "a restart forgets how far deadlines were decided",
        "engine/watching/packing.py",
        "    watch.offset, watch.frozen, watch.mark_at, watch.settled, *eras = numbers",
        "    watch.offset, watch.frozen, watch.mark_at, _, *eras = numbers",
        f"{ORDER}a_restart_after_every_event_leads_to_the_same_tasks[not followed by on an area]",
    ),
    Fault(
        "a restart forgets deadlines",
        "engine/watching/world.py",
        "                self.timers.arm(watch, head.armed)\n",
        "                pass\n",
        f"{ORDER}a_restart_after_every_event_leads_to_the_same_tasks[not followed by]",
    ),
    Fault(
        "evidence that was lent to a covering task stays there",
        "engine/watching/covering.py",
        "            self.give_up(watch, finding, lane)",
        "            pass",
        f"{ORDER}late_events_lead_to_the_same_tasks[covered count]",
    ),
    Fault(
        "a withdrawn finding still counts for the rules that count it",
        "engine/watching/telling.py",
        "        self.world.sequel.unfound(self.plan, finding)",
        "        pass",
        f"{ORDER}a_withdrawn_outage_never_was[findings of another rule]",
    ),
    Fault(
        "`not` is left out of a condition",
        "engine/language/condition/code.py",
        "                return self.node(inner, positive=not positive)",
        "                return self.node(inner, positive=positive)",
        "tests/conformance/test_cel_expr.py",
    ),
    Fault(
        "a spike is measured with one event too many",
        "engine/watching/single.py",
        "        now, usual = here - low + 1, low - lower",
        "        now, usual = here - low + 1, low - lower + 1",
        f"{NAIVE}[rate]",
    ),
    Fault(
        "a working day is counted from the day of the event on",
        "engine/calendar/deadline.py",
        "    known, counted = True, 0\n    while counted < amount:",
        "    known, counted = True, 1\n    while counted < amount:",
        "tests/engine/test_calendar.py",
    ),
    Fault(
        "a batch that failed is kept in part",
        "streams/database.py",
        '        connection.execute("ROLLBACK")',
        '        connection.execute("COMMIT")',
        "tests/streams/test_store.py",
    ),
    Fault(
        "after a batch that failed the world stays ahead of the store",
        "streams/embedded/runtime.py",
        "        except NotKept:\n            self.rebuild()\n            raise",
        "        except NotKept:\n            raise",
        "tests/streams/test_runtime.py",
    ),
    Fault(
        "on Kafka, Faust's own recovery takes the place of ours",
        "streams/kafka/stage.py",
        '        "TableManager": SafeTableManager,\n',
        "",
        f"{KAFKA}two_workers_are_added_and_taken_away_in_turn",
    ),
    Fault(
        "on Kafka, former owners of a partition are not fenced",
        "streams/kafka/table.py",
        'transactional_id=f"{tp.topic}-{tp.partition}"',
        "transactional_id=f\"{tp.topic}-{tp.partition}-{__import__('os').getpid()}\"",
        f"{KAFKA}a_worker_that_slept_with_its_write_half_out_changes_nothing",
    ),
    Fault(
        "on Kafka, time moves by a worker's own clock",
        "streams/kafka/intake.py",
        'now = (await self.producer.send_and_wait(self.names.clock, value=b"", partition=0)).timestamp * 1000',
        "now = __import__('time').time_ns() // 1000",
        f"{KAFKA}a_clock_that_is_ten_minutes_ahead_decides_nothing",
    ),
)


def main(arguments: list[str]) -> int:
    """Try the faults that `arguments` number, or all; return 1 where one went unnoticed."""
    if "--list" in arguments:
        for number, fault in enumerate(FAULTS, 1):
            print(f"{number:3} {fault.title}  ({fault.test})")
        return 0
    chosen = [int(number) for number in arguments] or range(1, len(FAULTS) + 1)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        unnoticed = sum(not noticed for noticed in pool.map(attempt, chosen))
    print(f"{unnoticed} unnoticed" if unnoticed else "every fault is noticed by the test that stands beside it")
    return 1 if unnoticed else 0


def attempt(number: int) -> bool:
    """Return whether the named test fails with this fault in, and passes without."""
    fault = FAULTS[number - 1]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name in COPIED:
            source = HOUSE / name
            if source.is_dir():
                shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)
        sound = run(fault.test, place)
        file = place / fault.file
        file.write_text(file.read_text("utf-8").replace(fault.old, fault.new), "utf-8")
        broken = run(fault.test, place)
    verdict = "noticed" if sound == 0 and broken == 1 else f"NOT NOTICED (pytest ended with {sound} without the fault, {broken} with it)"
    print(f"{number:3} {fault.title}: {verdict}", flush=True)
    return sound == 0 and broken == 1


def run(test: str, place: Path) -> int:
    """Return how pytest ends for one test in a copy of the house."""
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test]
    surroundings = {**os.environ, "PYTHONPATH": str(place), "HYPOTHESIS_PROFILE": "ci", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(pytest, cwd=place, env=surroundings, capture_output=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
