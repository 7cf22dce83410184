"""Feed mappings for tests: read from text, run over text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from engine.events import Gate, Rejected
from engine.events.mapping import Mapping, Skipped, feed, read_mapping
from engine.source import read
from tests.support.catalogues import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Event

#: An outage with a start and an end, told by another system.
OUTAGES = """
feed: outages
zone: Asia/Shanghai
events:
  - event: outage.started
    fields:
      outage_id: number
      transformer_area: area
      started_at: began
      customers: households
      planned: {constant: "no"}
  - event: outage.restored
    skip:
      - {column: ended, is: empty, reason: still out}
    fields:
      outage_id: number
      transformer_area: area
      restored_at: ended
"""
HEADER = "number,area,began,ended,households\n"


def mapping_from(text: str, file: str = "") -> Mapping:
    """Return the mapping that a text describes, which must have nothing wrong with it."""
    found, problems = _read(text, file)
    assert found, problems
    assert not problems
    return found


def problems_in(text: str, file: str = "") -> list[str]:
    """Return everything that is wrong with a mapping, as a person reads it."""
    return [str(problem) for problem in _read(text, file)[1]]


def _read(text: str, file: str) -> tuple[Mapping | None, list[object]]:
    document, problems = read(text, file or "mapping.yml")
    if document is None:
        return None, [*problems]
    found, more = read_mapping(document, shipped())
    return found, [*problems, *more]


@cache
def gate() -> Gate:
    """Return a gate that reads every field of the shipped catalogue."""
    return Gate(shipped())


def outcomes(text: str, lines: str | Iterable[str], file: str = "feed.csv") -> list[Any]:
    """Return what a mapping makes of lines."""
    return list(feed(mapping_from(text), gate(), lines, file))


def events(text: str, lines: str | Iterable[str]) -> list[Event]:
    """Return the events that a mapping makes of lines, of which there must be nothing else."""
    found = outcomes(text, lines)
    assert not [one for one in found if isinstance(one, Rejected | Skipped)]
    return found


def one_field(setting: str, name: str = "customers", *, top: str = "", kind: str = "outage.started") -> str:
    """Return a mapping for files with the columns id, value and at, in which one field is made as `setting` says."""
    rest = {
        "outage.started": {
            "outage_id": "id",
            "transformer_area": "id",
            "started_at": "at",
            "customers": "{constant: '1'}",
            "planned": "{constant: 'no'}",
        },
        "case.opened": {"case_id": "id", "opened_at": "at", "process": "{constant: p}"},
    }[kind]
    fields = "\n".join(f"      {field}: {said}" for field, said in {**rest, name: setting}.items())
    zone = "" if "zone:" in top else "zone: UTC\n"
    return f"feed: one\n{zone}{top}\nevents:\n  - event: {kind}\n    fields:\n{fields}\n"
