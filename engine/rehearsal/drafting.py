"""A story for a hole: of the stories that are there, one is changed a little until a rule and its edit come to different things.

Events are moved to the edges of the rule's lengths, doubled, left out, given the values at which conditions turn, another key or
another type. What tells the two apart is written down as a story of the test file, with what the rule says as its expectation.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.events import micros
from engine.rehearsal.boundary import boundary
from engine.rehearsal.rehearsal import Stage
from engine.rehearsal.variant import Variants
from engine.rehearsal.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.language import Edit, Rule, Rulebook, RuleTest
    from engine.rehearsal.boundary import Boundary
    from engine.rehearsal.gates import Gates
    from engine.watching import Change

#: Stories that are tried for one hole.
TRIES = 720


#: Ways to change a story, those that tell most apart first.
KINDS = (
    Variants.valued,
    Variants.moved,
    Variants.shifted,
    Variants.keyed,
    Variants.doubled,
    Variants.echoed,
    Variants.repeated,
    Variants.retyped,
    Variants.left_out,
)
#: What came of a story: the facets of each change.
Outcome = list[tuple[Any, ...]]


class Drafted(NamedTuple):
    """A story that would notice, as it stands in a test file; or why none can; or neither, where none was found."""

    text: str = ""
    why: str = ""


class Drafting:
    """Looks for stories about one rule."""

    def __init__(self, book: Rulebook, stories: Sequence[RuleTest], gates: Gates, usual: Mapping[str, Mapping[str, str]]) -> None:
        self.book = book
        self.stories = sorted(stories, key=lambda test: len(test.events))
        self.gates = gates
        self.usual = usual
        self._known: dict[str, Outcome | None] = {}

    def story(self, rule: Rule, book: Rulebook, edit: Edit) -> Drafted:
        """Return a story that the rule passes and its edit does not."""
        own = self.book.rules[rule.name]
        bound = boundary(own, rule, self.book.catalogue.types)
        if bound.is_equal:
            return Drafted(why="no event can tell the two apart")
        for test in filter(self.can_be_written, islice(self.candidates((own, rule), book, bound), TRIES)):
            says = self.known(test)
            other = self.run(book, test)
            if says is not None and other is not None and is_told_apart(says, other):
                return Drafted(written(test, says, other, edit, self.book, self.usual))
        return Drafted()

    def candidates(self, rules: tuple[Rule, Rule], book: Rulebook, bound: Boundary) -> Iterator[RuleTest]:
        """Give stories that might tell two rules apart, likely ones first."""
        yield from self.stories
        variants = [Variants(test, rules, self.book.catalogue.types, bound) for test in self.stories]
        for test, one in zip(self.stories, variants, strict=True):
            one.instants = sorted({change[1] for came in (self.known(test), self.run(book, test)) for change in came or ()})
        for kind in (
            Variants.valued,
            Variants.moved,
            Variants.echoed,
            Variants.keyed,
            Variants.doubled,
            Variants.retyped,
            Variants.left_out,
        ):
            yield from islice(round_robin([kind(one) for one in variants]), TRIES // 4)

    def can_be_written(self, test: RuleTest) -> bool:
        """Return whether a test file can tell a story: what an event usually says cannot be left out of one."""
        return all(name in event.record for event in test.events for name in self.usual.get(event.record["type"], ()))

    def known(self, test: RuleTest) -> Outcome | None:
        """Return what the rule says of a story; asked once for each."""
        name = repr((test.events, test.clock))
        if name not in self._known:
            self._known[name] = self.run(self.book, test)
        return self._known[name]

    def run(self, book: Rulebook, test: RuleTest) -> Outcome | None:
        """Return what comes of a story, or None where one of its events is none."""
        stage = Stage(book, test, book.places, self.gates)
        events = stage.events()
        if isinstance(events, str):
            return None
        return [facets(change) for change in stage.run(sorted(events, key=lambda pair: pair[0])) if change.change != "updated"]


def is_told_apart(says: Outcome, other: Outcome) -> bool:
    """Return whether a story that expects what the rule says would fail with what another says."""
    asks_ends = any(one[0] == "ended" for one in says)
    return sorted(says, key=repr) != sorted((one for one in other if asks_ends or one[0] != "ended"), key=repr)


def facets(change: Change) -> tuple[Any, ...]:
    """Return what a story can expect of a change, in the order of `writing.FACETS`."""
    shown = (change.change, micros(change.at), tuple(change.key.items()), tuple(change.evidence), change.count)
    return (*shown, change.severity, change.to.role, micros(change.due), change.say)


def round_robin(streams: list[Iterator[RuleTest]]) -> Iterator[RuleTest]:
    """Give from each stream in turn until all have ended."""
    while streams:
        left = []
        for stream in streams:
            found = next(stream, None)
            if found is not None:
                yield found
                left.append(stream)
        streams = left
