"""Catalogues for tests: the shipped one, and small ones written out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.events import Catalogue, read_catalogue
from engine.source import read

HOUSE = Path(__file__).resolve().parents[2]


def catalogue_from(text: str) -> Catalogue:
    """Return the catalogue that a text describes, which must have nothing wrong with it."""
    document, problems = read(text, "catalogue.yaml")
    assert document, problems
    catalogue, problems = read_catalogue(document)
    assert catalogue, problems
    return catalogue


def problems_in(text: str) -> list[str]:
    """Return everything that is wrong with a catalogue, as a person reads it."""
    document, problems = read(text, "catalogue.yaml")
    if document is not None:
        problems = [*problems, *read_catalogue(document)[1]]
    return [str(problem) for problem in problems]


@cache
def shipped() -> Catalogue:
    """Return the catalogue that comes with the project."""
    return catalogue_from((HOUSE / "rules" / "catalogue.yaml").read_text("utf-8"))


#: Every kind of field, and every way of being absent.
EVERY_KIND = """
time_zone: Asia/Shanghai
events:
  outage.started:
    time: started_at
    late_by: 30 minutes
    id: outage_id
    revision: revision
    fields:
      outage_id: text
      started_at: time
      transformer_area: text
      customers: whole number
      planned: yes/no
      load: number (MW), may be missing
      area_class: one of [urban, rural], may be missing
      seen_at: milliseconds, may be missing
      cause: text, may be missing
      planned_end: time, may be missing
      revision: whole number, may be missing
      feeder: text, from the grid
  outage.retracted:
    time: retracted_at
    late_by: 1 day
    id: outage_id
    retracts: outage.started
    fields:
      outage_id: text
      retracted_at: time
  meter.read:
    time: read_at
    late_by: none
    id: [meter, read_at]
    fields:
      meter: text
      read_at: milliseconds
      kwh: number (kWh)
"""


@cache
def small() -> Catalogue:
    """Return a catalogue with every kind of field."""
    return catalogue_from(EVERY_KIND)
