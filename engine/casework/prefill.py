"""What the events say already: timeline, scope and history of a form, with their evidence, so that nobody types them wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.calendar import parse_instant, show_instant
from engine.casework.form import BY_NAME, MOMENTS, SIZES
from engine.casework.formwords import phrase
from engine.casework.reading import number_of
from engine.watching import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MINUTE: Final = 60_000_000
YEAR: Final = 366 * 24 * 60 * MINUTE
#: Which events tell which moment, the most telling first.
TELLS: Final = {
    "start": ("outage.started", "complaint.received", "node.entered", "promise.made"),
    "reported": ("outage.reported", "complaint.received"),
    "dispatched": ("crew.dispatched",),
    "arrived": ("crew.arrived",),
    "restored": ("outage.restored",),
    "answered": ("complaint.answered",),
}
OF_OUTAGES: Final = ("dispatched", "arrived", "restored")
#: So many earlier occurrences are listed, the rest counted.
LISTED: Final = 12


class Fact(NamedTuple):
    """One event that the task is about, or that happened to the same object. `because` says why it was not counted."""

    id: str
    event: str
    at: int
    values: Mapping[str, Any]
    because: str | None = None


def prefilled(facts: Iterable[Fact], zone: str) -> dict[str, Any]:
    """Return timeline, scope and history as the events tell them, about the last occurrence and those before it."""
    return Known(sorted(facts, key=lambda one: (one.at, one.id)), zone).fields()


def kept_both(fields: Mapping[str, Any], known: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Return the fields, each value that differs from what was filled in with the latter beside it as `was`."""
    kept = dict(fields)
    for name, part in (("timeline", "at"), ("scope", "value")):
        boxes = kept.get(name)
        if isinstance(boxes, dict):
            kept[name] = {box: beside(value, known.get(name, {}).get(box), part, zone) for box, value in boxes.items()}
    return kept


def beside(value: Any, before: Any, part: str, zone: str) -> Any:
    """Return a box with the earlier value beside its own, where the two differ."""
    if not isinstance(value, dict) or not isinstance(before, dict) or part not in before:
        return value
    said, was = value.get(part), before[part]
    same = parse_instant(str(said), zone) == parse_instant(was, zone) if part == "at" else number_of(said) == number_of(was)
    return {name: one for name, one in value.items() if name != "was"} | ({} if same else {"was": was})


class Known:
    """What is known from events, on its way into the fields of a form."""

    def __init__(self, facts: Sequence[Fact], zone: str) -> None:
        self.facts = facts
        self.zone = zone
        self.is_outage = any(one.event.startswith("outage.") for one in facts)
        self.complaints = [one for one in facts if one.event == "complaint.received"]
        starts = self.told("start")
        #: the occurrence that the timeline is about
        self.last = starts[-1] if starts else None

    def told(self, moment: str) -> list[Fact]:
        """Return the facts that tell a moment: those of the most telling kind that there is."""
        for event in TELLS[moment]:
            if found := [one for one in self.facts if one.event == event and one.because is None]:
                return found
        return []

    def fields(self) -> dict[str, Any]:
        """Return what can be filled in."""
        return {"timeline": self.timeline(), "scope": self.scope(), "history": self.history()}

    def timeline(self) -> dict[str, Any]:
        """Return the moments of the last occurrence; one that cannot be is said to be none."""
        found: dict[str, Any] = {}
        for moment in MOMENTS:
            since = self.last.at if self.last is not None else 0
            at = next((one for one in self.told(moment) if one.at >= since), None)
            if at is not None:
                found[moment] = {"at": show_instant(at.at, self.zone), "evidence": [at.id]}
            elif moment in OF_OUTAGES and not self.is_outage:
                found[moment] = {"none": both("form.not an outage")}
            elif moment == "answered" and not self.complaints:
                found[moment] = {"none": both("form.no complaint")}
            else:
                found[moment] = {"at": "", "evidence": []}
        return found

    def scope(self) -> dict[str, Any]:
        """Return customers, complaints and duration, and what was looked at and not counted."""
        left_out = "; ".join(f"{one.id}: {one.because}" for one in self.facts if one.because)
        found = {size: self.size(size) for size in SIZES}
        if left_out:
            found["customers"]["not_counted"] = left_out
        return found

    def size(self, name: str) -> dict[str, Any]:
        """Return one size."""
        if name == "complaints":
            return {"value": str(len(self.complaints)), "evidence": [one.id for one in self.complaints]}
        if name == "duration":
            return self.duration()
        counted = [one for one in self.facts if one.because is None and isinstance(one.values.get(name), int | float)]
        if counted:
            most = max(counted, key=lambda one: one.values[name])
            return {"value": f"{most.values[name]:g}", "evidence": [most.id]}
        return {"value": "", "evidence": []} if self.is_outage else {"none": both("form.not an outage")}

    def duration(self) -> dict[str, Any]:
        """Return how long the last occurrence lasted, in minutes."""
        end = next((one for one in self.told("restored") if self.last is not None and one.at >= self.last.at), None)
        if end is None or self.last is None:
            return {"value": "", "evidence": []} if self.is_outage else {"none": both("form.not an outage")}
        return {"value": f"{(end.at - self.last.at) / MINUTE:g}", "evidence": [self.last.id, end.id]}

    def history(self) -> dict[str, Any]:
        """Return the occurrences of the last twelve months before the last one."""
        last = self.last
        if last is None:
            return {"none": both("form.no earlier")}
        kinds = TELLS["start"]
        earlier = [one for one in self.facts if one.event in kinds and one is not last and last.at - YEAR <= one.at <= last.at]
        if not earlier:
            return {"none": both("form.no earlier")}
        listed = "、".join(f"{show_instant(one.at, self.zone)} ({one.id})" for one in earlier[-LISTED:])
        more = "…" if len(earlier) > LISTED else ""
        return {"text": both("form.earlier", count=len(earlier), list=more + listed), "evidence": [one.id for one in earlier]}


def both(key: str, **values: object) -> str:
    """Return a phrase in both languages."""
    return " / ".join(phrase(language, key, **values) for language in LANGUAGES)


def done_by(fields: Mapping[str, Any], zone: str) -> int | None:
    """Return until when every action is promised to be done, or None where none has a date. A day alone lasts until it is over."""
    field = fields.get(BY_NAME["actions"].name)
    found = [
        at
        for row in (field if isinstance(field, list) else ())
        if isinstance(row, dict) and (at := end_of(row.get("due"), zone)) is not None
    ]
    return max(found, default=None)


def end_of(text: object, zone: str) -> int | None:
    """Return the moment by which something due then must be done."""
    written = str(text or "").strip()
    at = parse_instant(written, zone)
    if at is None or ":" in written:
        return at
    day = datetime.fromtimestamp(0, UTC).fromisoformat(written) + timedelta(days=1)
    return parse_instant(day.strftime("%Y-%m-%d"), zone)
