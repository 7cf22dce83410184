"""Random events, made from the catalogue: whatever it allows can come, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from engine.events.event import FIRST_MOMENT, LARGEST_WHOLE, LAST_MOMENT

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from engine.events import Catalogue, EventType, Field

#: Any text that a system of ours may send: no NUL, no half characters.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
OFFSETS = st.sampled_from([timedelta(0), timedelta(hours=8), timedelta(hours=-5), timedelta(hours=5, minutes=30)])


def times(first: datetime = datetime(1900, 1, 2, tzinfo=UTC), last: datetime = datetime(2199, 12, 30, tzinfo=UTC)) -> SearchStrategy[str]:
    """Return times as they stand in JSON, in one of several offsets."""
    moments = st.datetimes(first.replace(tzinfo=None), last.replace(tzinfo=None))
    return st.builds(lambda at, offset: at.replace(tzinfo=UTC).astimezone(timezone(offset)).isoformat(), moments, OFFSETS)


def values_of(field: Field, *, in_id: bool = False) -> SearchStrategy[Any]:
    """Return the values that a field allows where it is not missing."""
    match field.kind:
        case "text":
            return TEXT.filter(bool) if in_id else TEXT
        case "whole number":
            return st.integers(-LARGEST_WHOLE, LARGEST_WHOLE)
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "yes/no":
            return st.booleans()
        case "time":
            return times()
        case "milliseconds":
            return st.integers(FIRST_MOMENT // 1000, LAST_MOMENT // 1000)
        case "one of":
            return st.sampled_from(field.choices)


def events_of(catalogue: Catalogue, name: str) -> SearchStrategy[dict[str, Any]]:
    """Return valid events of one type as names and values: required fields always, others sometimes, in any order."""
    kind: EventType = catalogue.types[name]
    values = {one.name: values_of(one, in_id=one.name in kind.id) for one in kind.fields.values()}
    required = {"type": st.just(name), **{one: values[one] for one in kind.required}}
    optional = {one.name: st.none() | values[one.name] for one in kind.fields.values() if not one.required}
    optional |= {"source": TEXT, "arrived": st.none() | times()}
    return st.fixed_dictionaries(required, optional=optional).flatmap(
        lambda event: st.permutations(list(event)).map(lambda names: {one: event[one] for one in names})
    )


def any_event(catalogue: Catalogue) -> SearchStrategy[dict[str, Any]]:
    """Return valid events of every type."""
    return st.sampled_from(sorted(catalogue.types)).flatmap(lambda name: events_of(catalogue, name))
