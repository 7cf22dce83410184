"""Gates for stories: of a whole catalogue a story needs a handful of types, and a world of few types is quickly made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Catalogue, Gate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.language import Rule


class Gates:
    """The gates of one catalogue, made once for each set of types."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._made: dict[frozenset[str], Gate] = {}

    def of(self, rules: Iterable[Rule], told: Iterable[str]) -> Gate:
        """Return a gate for all that some rules look at, and the types that a story tells of."""
        types = self.catalogue.types
        names = {name for rule in rules for part in (rule.anchor, *rule.others) for name in part.events}
        names |= {finding for rule in rules if (finding := f"finding.{rule.name}") in types} | set(told)
        todo = list(names)
        while todo:
            more = set(types[todo.pop()].retracts) - names
            names |= more
            todo += more
        chosen = frozenset(names)
        if chosen not in self._made:
            self._made[chosen] = Gate(Catalogue({name: types[name] for name in types if name in chosen}, self.catalogue.zone))
        return self._made[chosen]
