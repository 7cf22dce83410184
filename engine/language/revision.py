"""What an edit of a rule does to what the rule knows already: two versions compared, part by part, by one table.

`EFFECTS` is that table; hot reload, `clearly rules diff` and docs/rules.md all say what it says. What the rule counts by (`Bounds`) is
all that may change while its state is kept; any other change under `when` means that it must be built anew from history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from engine.calendar import Length
from engine.language.rulebook import Count, Dated, FirstTime, Follow, Moment, Precede, Rate, Sequence, Sliding, Total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.language.rulebook import Pattern, Rule, Rulebook, Selection

Part = Literal["other", "text", "number", "shorter", "promoted", "meaning", "validity", "depends", "new", "demoted", "gone"]
Effect = Literal["nothing", "kept", "judged", "earlier", "rebuilt", "built", "ended", "dropped"]

#: What each kind of edit does, gentlest first.
EFFECTS: Mapping[Part, Effect] = {
    "other": "nothing",
    "text": "kept",
    "promoted": "kept",
    "number": "judged",
    "shorter": "earlier",
    "meaning": "rebuilt",
    "validity": "rebuilt",
    "depends": "rebuilt",
    "new": "built",
    "demoted": "ended",
    "gone": "dropped",
}
ASLEEP = frozenset({"draft", "retired"})


@dataclass(frozen=True, slots=True)
class Revision:
    """What changed of one rule. `old` or `new` is None where there is no such rule, or it is a draft or retired."""

    rule: str
    parts: tuple[Part, ...]
    old: Rule | None
    new: Rule | None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return what that does to what is running: one effect, or two where tasks are ended besides."""
        found = sorted({EFFECTS[part] for part in self.parts}, key=list(EFFECTS.values()).index)
        ending: tuple[Effect, ...] = tuple(effect for effect in found if effect == "ended")
        kept = [effect for effect in found if effect != "ended"]
        return (*kept[-1:], *ending) or ("nothing",)

    @property
    def keeps_state(self) -> bool:
        """Return whether what the rule knows stays."""
        return not {"rebuilt", "built", "dropped"} & set(self.effects)


class Bounds(msgspec.Struct, frozen=True):
    """The numbers and lengths that a rule counted by before an edit, each with the time from which it holds.

    `settled` is the event time up to which the rule had decided when it was edited.
    """

    leasts: list[tuple[int, int | float]]
    lengths: list[tuple[int, int, str]]
    settled: int = -(1 << 62)


def revisions(old: Rulebook, new: Rulebook) -> dict[str, Revision]:
    """Return what changed, rule by rule, with the rules that must follow because they read the findings of one that is rebuilt."""
    found = {}
    for name in sorted({*old.rules, *new.rules}):
        before, after = awake(old.rules.get(name)), awake(new.rules.get(name))
        parts = parts_of(before, after)
        if parts:
            found[name] = Revision(name, parts, before, after)
    rebuilt = {name for name, edit in found.items() if not edit.keeps_state}
    for name in sorted(followers(new, rebuilt) - rebuilt):
        before, after = awake(old.rules.get(name)), awake(new.rules.get(name))
        if after is not None:
            parts = found[name].parts if name in found else ()
            found[name] = Revision(name, (*parts, "depends"), before, after)
    return found


def awake(rule: Rule | None) -> Rule | None:
    """Return a rule that runs, and None for one that does not."""
    return None if rule is None or rule.status in ASLEEP else rule


def followers(book: Rulebook, rules: set[str]) -> set[str]:
    """Return some rules with those that depend on what these find."""
    found = set(rules)
    while more := {name for name, rule in book.rules.items() if name not in found and depends_on(rule) & found}:
        found |= more
    return found


def depends_on(rule: Rule) -> set[str]:
    """Return the rules whose findings a rule looks at."""
    events = {event for part in (rule.anchor, *rule.others) for event in part.events if event.startswith("finding.")}
    return {event.removeprefix("finding.") for event in events} | set(rule.covered_by)


def parts_of(old: Rule | None, new: Rule | None) -> tuple[Part, ...]:
    """Return the kinds of edit that lead from one version of a rule to the other; none where nothing changed."""
    if old is None or new is None:
        if old is new:
            return ()
        return ("new",) if old is None else ("gone",)
    parts: list[Part] = []
    if (old.since, old.until) != (new.since, new.until):
        parts.append("validity")
    parts += [part for part in [counted(old, new)] if part is not None]
    if old.status != new.status:
        parts.append("demoted" if old.status == "live" else "promoted")
    if not parts and old.version != new.version:
        parts.append("text")
    return tuple(parts)


def counted(old: Rule, new: Rule) -> Part | None:
    """Return how two versions differ in what they look for; None where they look for the same."""
    if not same_selection(old.anchor, new.anchor) or calendar_matters(old, new) or manner(old) != manner(new):
        return "meaning"
    before, after = bounds_of(old.pattern), bounds_of(new.pattern)
    if before is None or after is None:
        return None if same_pattern(old.pattern, new.pattern) else "meaning"
    if not same_pattern(with_bounds(old.pattern, after), new.pattern) or type(old.pattern) is not type(new.pattern):
        return "meaning"
    if dates(before.leasts) != dates(after.leasts) or dates(before.lengths) != dates(after.lengths):
        return "meaning"  # by date is by event time: what was judged before is judged again
    if before.lengths != after.lengths:
        return "shorter" if all(map(is_shorter, before.lengths, after.lengths)) else "meaning"
    return "number" if before.leasts != after.leasts else None


def manner(rule: Rule) -> tuple[Any, ...]:
    """Return how a rule decides and what a further match does."""
    return (rule.again, rule.decide, rule.covered_by)


def calendar_matters(old: Rule, new: Rule) -> bool:
    """Return whether the calendar that deadlines are worked out with has changed."""
    bounds = bounds_of(new.pattern)
    inexact = isinstance(new.pattern, Follow) and (bounds is None or any(not Length(n, unit).exact for _, n, unit in bounds.lengths))  # type: ignore[arg-type] # a unit
    return inexact and old.calendar != new.calendar


def dates(entries: list[Any]) -> list[int]:
    """Return from when on each entry holds."""
    return [entry[0] for entry in entries]


def is_shorter(old: tuple[int, int, str], new: tuple[int, int, str]) -> bool:
    """Return whether a length is not longer than the one before: both exact, or both in the same unit."""
    before, after = Length(*old[1:]), Length(*new[1:])  # type: ignore[arg-type] # a unit
    if before.exact and after.exact:
        return after.micros <= before.micros
    return before.unit == after.unit and after.amount <= before.amount


# Selections and patterns ----------------------------------------------------------------------------------------------


def same_selection(old: Selection, new: Selection) -> bool:
    """Return whether two selections mean the same events by the same key."""
    return shape(old) == shape(new)


def shape(selection: Selection) -> tuple[Any, ...]:
    """Return a selection as plain values: conditions as they are written, tables with their versions."""
    conditions = [(one.text, sorted((name, table.version) for name, table in one.tables.items())) for one in selection.conditions]
    return (selection.events, conditions, selection.same, selection.pair)


def same_pattern(old: Pattern, new: Pattern) -> bool:
    """Return whether two patterns are the same in every part."""
    same: bool = plain(old) == plain(new)
    return same


def plain(part: Any) -> Any:
    """Return a part of a pattern as plain values that can be compared."""
    if hasattr(part, "conditions"):
        return shape(part)
    if isinstance(part, tuple | list):
        return [plain(one) for one in part]
    if hasattr(part, "__dataclass_fields__"):
        return (type(part).__name__, [plain(getattr(part, name)) for name in part.__dataclass_fields__])
    return part


def bounds_of(pattern: Pattern) -> Bounds | None:
    """Return the numbers and lengths that a pattern counts by, or None where they cannot be changed without building it anew."""
    match pattern:
        case Count(alternatives=(_, *_)) | Count(within=Moment()) | Total(within=Moment()):
            return None
        case Count(sift=sift) | Total(sift=sift) if sift:
            return None
        case Follow(pauses=(_, *_)):
            return None
        case Count(at_least=leasts, within=Sliding(length=lengths)) | Total(at_least=leasts, within=Sliding(length=lengths)):
            return made(leasts, lengths)
        case Count(at_least=leasts) | Total(at_least=leasts):
            return made(leasts, None)
        case Rate(times=leasts, per=per):
            return made(leasts, Dated(((-(1 << 62), per),)))
        case Follow(within=lengths) | Precede(within=lengths) | Sequence(within=lengths) | FirstTime(within=lengths):
            return made(None, lengths)
        case _:
            return None


def made(leasts: Dated[Any] | None, lengths: Dated[Any] | None) -> Bounds | None:
    """Return bounds, unless a length depends on more than the date."""
    entries = lengths.entries if lengths is not None else ()
    if not all(isinstance(length, Length) for _, length in entries):
        return None
    return Bounds(
        [(since, least) for since, least in (leasts.entries if leasts is not None else ())],
        [(since, length.amount, length.unit) for since, length in entries],
    )


def with_bounds(pattern: Pattern, bounds: Bounds) -> Pattern:
    """Return the pattern as it is with other numbers and lengths."""
    leasts: Dated[Any] = Dated(tuple(bounds.leasts))
    lengths: Dated[Any] = Dated(tuple((since, Length(amount, unit)) for since, amount, unit in bounds.lengths))  # type: ignore[arg-type] # a unit
    changed: dict[str, Any] = {}
    match pattern:
        case Count(within=Sliding()) | Total(within=Sliding()):
            changed = {"at_least": leasts, "within": Sliding(lengths)}
        case Count() | Total():
            changed = {"at_least": leasts}
        case Rate() if lengths.entries:
            changed = {"times": leasts, "per": lengths.entries[0][1]}
        case Follow() | Precede() | Sequence() | FirstTime():
            changed = {"within": lengths}
        case _:
            return pattern
    return replace(pattern, **changed)
