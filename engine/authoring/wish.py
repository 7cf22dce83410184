"""What a rule author wants, in a few answers, and the rule file that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.source import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.language import Severity


@dataclass(frozen=True, slots=True)
class Wish:
    """The answers. `least` and `within` belong to a count, `other` and `within` to an absence; a rule with `look: each` has neither."""

    rule: str
    title: str
    event: str
    same: tuple[str, ...]
    to: str
    owner: str
    reason: str
    conditions: tuple[str, ...] = ()
    look: Literal["each", "count", "absence"] = "each"
    least: int = 1
    different: str | None = None
    other: str | None = None
    within: str = ""
    severity: Severity = "minor"
    due: str = "5 working days"
    say: str = ""
    schema: str | None = None


def rule_text(wish: Wish) -> str:
    """Return the rule file, in shadow, as an author would have written it."""
    return "\n".join([*head(wish), "", "when:", *when(wish), "", "task:", *task(wish), ""])


def head(wish: Wish) -> Iterator[str]:
    """Give what the rule says of itself."""
    if wish.schema:
        yield f"# yaml-language-server: $schema={wish.schema}"
    yield f"rule: {wish.rule}"
    yield f"title: {scalar(wish.title)}"
    yield f"owner: {scalar(wish.owner)}"
    yield "status: shadow"
    yield f"reason: {scalar(wish.reason)}"


def when(wish: Wish) -> Iterator[str]:
    """Give what the rule looks for."""
    yield f"  event: {wish.event}"
    if len(wish.conditions) == 1:
        yield f"  if: {condition(wish.conditions[0])}"
    elif wish.conditions:
        yield "  if:"
        yield from (f"    - {condition(one)}" for one in wish.conditions)
    yield f"  same: {key(wish.same)}"
    if wish.look == "count":
        yield f"  count: at least {wish.least}{f' different {wish.different}' if wish.different else ''}"
        yield f"  within: {wish.within}"
    elif wish.look == "absence":
        yield "  not_followed_by:"
        yield f"    event: {wish.other}"
        yield f"    within: {wish.within}"


def task(wish: Wish) -> Iterator[str]:
    """Give what is asked, and of whom."""
    yield f"  severity: {wish.severity}"
    yield f"  to: {scalar(wish.to)}"
    yield f"  due: {wish.due}"
    yield f"  say: {scalar(wish.say or usual_say(wish))}"


def usual_say(wish: Wish) -> str:
    """Return the sentence of a task whose author wrote none: the title and whom it is about, in each language of the title."""
    about = "".join(f" {{{name}}}" for name in wish.same) + (" ({count})" if wish.look == "count" else "")
    return " / ".join(f"{part}:{about}" if about else part for part in wish.title.split(" / "))


def key(same: tuple[str, ...]) -> str:
    """Return the key fields as they stand under `same`."""
    return "nothing" if not same else same[0] if len(same) == 1 else f"[{', '.join(same)}]"


def condition(text: str) -> str:
    """Return a condition as YAML reads it back: bare wherever that is safe."""
    bare = text == text.strip() and ": " not in text and " #" not in text and text[:1] not in "\"'[{&*!|>%@`,?-#" and text.isprintable()
    return text if bare else scalar(text)
