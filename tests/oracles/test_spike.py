"""ElastAlert's SpikeRule and our `rate` on the same outages: each alert that only one of them gives has its reason.

`rate` compares the last period with the one before it, and says so in one sentence. SpikeRule remembers: after an alert it forgets
the period before, and is silent until two periods have passed again; and what it compares with is a period that ends at its newest
event, however long ago that was. So its alerts are no function of the events in two periods, and decision 3 gives `rate` a meaning of
its own. Both are written out here, a few lines each, and hold for every one of the 72,159 outages; so do the differences.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tests.oracles.records import judged, oracle, rows

if TYPE_CHECKING:
    from pathlib import Path

HALF_DAY = 12 * 3600
DAY = 2 * HALF_DAY


class Outage(NamedTuple):
    """An outage, in the order in which ElastAlert was fed."""

    at: int
    id: str


class SpikeRule:
    """SpikeRule of ElastAlert 2.19.0 for one key: 12 hours, height 3, up, threshold_cur 15, threshold_ref 1."""

    def __init__(self) -> None:
        self.current: deque[Outage] = deque()
        self.reference: deque[Outage] = deque()
        self.first: int | None = None

    def take(self, outage: Outage) -> tuple[bool, int]:
        """Take one outage; return whether there is an alert, and how many the reference window holds."""
        self.first = outage.at if self.first is None else self.first
        self.current.append(outage)
        while self.current[-1].at - self.current[0].at >= HALF_DAY:
            self.reference.append(self.current.popleft())
            while self.reference[-1].at - self.reference[0].at >= HALF_DAY:
                self.reference.popleft()
        now, usual = len(self.current), len(self.reference)
        return not self.waits(outage) and now >= 15 and usual >= 1 and now >= 3 * usual, usual

    def waits(self, outage: Outage) -> bool:
        """Return whether two windows have not passed yet since the first event, or the first one after an alert."""
        return self.first is None or outage.at - self.first < DAY

    def forget(self) -> None:
        """Do what follows an alert."""
        self.reference.clear()
        self.first = None


def compared(outages: list[Outage], place: int) -> tuple[bool, int]:
    """Return whether `rate: at least 3 times usual` holds at an outage, and how many are usual, by its sentence."""
    t = outages[place].at
    width = HALF_DAY - 1  # the rule's `per`
    now = sum(1 for outage in outages[: place + 1] if t - width <= outage.at)
    usual = sum(1 for outage in outages[: place + 1] if t - 2 * width <= outage.at < t - width)
    return now >= 15 and usual >= 1 and now >= 3 * usual, usual


class Verdict(NamedTuple):
    """What both say at one outage. `reason` is why they differ, or that they agree."""

    place: str
    outage: Outage
    oldest: Outage
    now: int
    reference: int
    alert: bool
    task: bool
    reason: str


def verdicts_of(place: str, outages: list[Outage]) -> list[Verdict]:
    """Return every outage of a place at which one of them speaks."""
    spikes, began, opened_at = SpikeRule(), outages[0].at, -DAY - 1
    recent: list[Outage] = []
    found = []
    for outage in outages:
        recent = [one for one in recent if outage.at - one.at <= DAY] + [outage]
        alert, reference = spikes.take(outage)
        holds, usual = compared(recent, len(recent) - 1)
        task = holds and outage.at - opened_at > DAY
        if alert or task:
            reason = "both"
            if not task:
                reason = theirs_alone(holds=holds, usual=usual, reference=reference)
            elif not alert:
                first = spikes.first if spikes.waits(outage) else None
                reason = ours_alone(waits_since=first, began=began, usual=usual, reference=reference)
            found.append(Verdict(place, outage, spikes.current[0], len(spikes.current), reference, alert, task, reason))
        opened_at = outage.at if task else opened_at
        if alert:
            spikes.forget()
    return found


def theirs_alone(*, holds: bool, usual: int, reference: int) -> str:
    """Return why there is an alert and no task."""
    if holds:
        return "joins the task of the day before"
    if usual == 0:
        return "nothing usual: their reference is older than a day"
    return "their reference was emptied by an alert" if reference < usual else "?"


def ours_alone(*, waits_since: int | None, began: int, usual: int, reference: int) -> str:
    """Return why there is a task and no alert."""
    if waits_since is not None:
        return "they wait: the place is new" if waits_since == began else "they wait after an alert"
    return "their reference reaches back further than a day" if reference > usual else "?"


@cache
def verdicts(shared: Path) -> list[Verdict]:
    """Return every outage at which one of them speaks."""
    places: dict[str, list[Outage]] = defaultdict(list)
    for row in rows(shared, "pge-2019"):
        places[row["place"]].append(Outage(int(datetime.fromisoformat(row["started_at"]).timestamp()), row["outage_id"]))
    return [verdict for place, outages in places.items() for verdict in verdicts_of(place, sorted(outages))]


def written(at: int) -> str:
    """Return a moment as the oracle writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_spike_rule_written_out_again_gives_every_alert_of_elastalert_and_no_other(shared: Path) -> None:
    wanted = sorted(tuple(row.values()) for row in oracle(shared, "pge_2019_spike_place_12h_x3"))
    found = [(one.place, written(one.oldest.at), one.oldest.id, str(one.now), str(one.reference)) for one in verdicts(shared) if one.alert]
    assert len(wanted) == 411
    assert sorted(found) == wanted


def test_our_rate_opens_a_task_wherever_its_sentence_holds_and_nowhere_else(shared: Path) -> None:
    tasks = judged(shared, "pge-2019").opened("pge-2019-spike-place")
    found = sorted((task.key["place"], task.evidence[-1], task.evidence[0], task.count) for task in tasks)
    assert found == sorted((one.place, one.outage.id, one.oldest.id, one.now) for one in verdicts(shared) if one.task)


def test_every_difference_has_a_reason_and_these_are_all(shared: Path) -> None:
    assert Counter((one.alert, one.task, one.reason) for one in verdicts(shared)) == {
        (True, True, "both"): 128,
        (True, False, "joins the task of the day before"): 111,
        (True, False, "nothing usual: their reference is older than a day"): 172,
        (False, True, "their reference reaches back further than a day"): 156,
        (False, True, "they wait after an alert"): 72,
        (False, True, "they wait: the place is new"): 4,
    }
