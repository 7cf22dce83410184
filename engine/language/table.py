"""Lookup tables: what a rule looks up by a value of its event, as in `limits[node].days`: the limit of a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Field


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table: the fields that name a row (`key`), every field, and the rows. `version` is the hash of all of it."""

    name: str
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    rows: tuple[Mapping[str, Any], ...]
    version: str
    _columns: dict[str, dict[Any, Any]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Table({self.name})"

    def column(self, name: str) -> Mapping[Any, Any]:
        """Return one field by key (a value where the key has one field, else a tuple), without the rows where it is missing."""
        if name not in self._columns:
            self._columns[name] = {self.key_of(row): row[name] for row in self.rows if row.get(name) is not None}
        return self._columns[name]

    def key_of(self, row: Mapping[str, Any]) -> Any:
        """Return what names a row."""
        return row[self.key[0]] if len(self.key) == 1 else tuple(row[name] for name in self.key)
