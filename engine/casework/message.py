"""A message: one record in words, in Chinese and in English, with why it comes and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.calendar import show_instant
from engine.casework.state import STATES
from engine.watching import LANGUAGES, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.casework.publication import Publication
    from engine.casework.subscription import Subscription
    from engine.watching import Language

MINUTE = 60_000_000
#: So many lines of a digest stand in a message; the rest is counted.
MOST = 20
HEADINGS = ("reached", "missed", "closed", "moved")


class Message(NamedTuple):
    """What is sent: a title in one line, and the text."""

    title: str
    text: str


def message(one: Publication, to: Subscription, zone: str) -> Message:
    """Return a record in words for a subscriber."""
    parts = ["\n".join((*told(language, one, zone), *why(language, to))) for language in LANGUAGES]
    return Message(title(one), "\n\n".join(parts))


def title(one: Publication) -> str:
    """Return what stands above a message."""
    about = str(one.body.get("say") or f"{one.unit} {one.body.get('day') or one.body.get('month') or ''}".strip())
    level = "" if one.level is None else f"L{one.level} "
    return f"[{level}{kind('zh', one)}] {about}"


def kind(language: Language, one: Publication) -> str:
    """Return what happened, in words where there are some."""
    name = one.type.removeprefix("clearly.").removesuffix(".v1")
    for key in (f"entry.{name}", f"told.{name}"):
        try:
            return say(language, key).rstrip(":：")
        except KeyError:
            continue
    return name


def told(language: Language, one: Publication, zone: str) -> Iterator[str]:
    """Give what happened, line by line."""
    yield kind(language, one)
    if one.body.get("say"):
        yield str(one.body["say"])
    person = one.body.get("person")
    yield say(language, "notice.unit", unit=" · ".join(str(name) for name in (one.unit, person) if name))
    if one.state in STATES:
        state = STATES[one.state]
        yield say(language, "notice.state", state=state.zh if language == "zh" else state.en)
    if one.due is not None:
        yield say(language, "notice.due", due=show_instant(one.due // MINUTE * MINUTE, zone))
    if one.late_by:
        yield say(language, "notice.late", minutes=one.late_by // MINUTE)
    yield from asked(language, one.body, zone)
    if one.reason:
        yield say(language, "notice.reason", reason=one.reason)
    yield from listed(language, one.body)
    yield from scored(language, one.body)
    if one.state:
        yield say(language, "notice.look", task=one.subject)


def asked(language: Language, body: dict[str, Any], zone: str) -> Iterator[str]:
    """Give what a rung asks for: until when things are to be put right, and who still has to sign."""
    if body.get("rectify_by"):
        yield say(language, "notice.rectify", due=show_instant(body["rectify_by"] // MINUTE * MINUTE, zone))
    if body.get("to_sign"):
        yield say(language, "notice.unsigned", names=", ".join(body["to_sign"]))


def listed(language: Language, body: dict[str, Any]) -> Iterator[str]:
    """Give the lines of a digest, under their headings."""
    for heading in HEADINGS:
        lines = body.get(heading) or []
        if not lines:
            continue
        yield say(language, f"notice.{heading}", count=len(lines))
        for line in lines[:MOST]:
            yield f"  {line.get('say', '')}  {line['task']}"


def scored(language: Language, body: dict[str, Any]) -> Iterator[str]:
    """Give the lines of a scorecard: the counts, and each rate with how many of how many."""
    score = body.get("score")
    if not isinstance(score, dict):
        return
    yield ", ".join(f"{say(language, f'score.{name}')} {count:,}" for name, count in score["counts"].items())
    for name, rate in score["rates"].items():
        few = "" if rate["ranked"] else f"  ({say(language, 'score.few')})"
        yield f"  {say(language, f'score.{name}')}: {rate['met']:,} / {rate['of']:,}{few}"


def message_in_feed(one: Publication, to: Subscription, zone: str) -> Message:
    """Return a record in words for a feed that somebody's reader asks for."""
    parts = [
        "\n".join((*told(language, one, zone), say(language, "notice.feed", wanted=wanted_by(language, to)))) for language in LANGUAGES
    ]
    return Message(title(one), "\n\n".join(parts))


def why(language: Language, to: Subscription) -> Iterator[str]:
    """Give why a message comes, and how to stop it."""
    yield say(language, "notice.why", name=to.name, owner=to.owner or "—", wanted=wanted_by(language, to))
    yield say(language, "notice.stop", name=to.name, until=to.expires or "—")


def wanted_by(language: Language, to: Subscription) -> str:
    """Return what a subscription asks for."""
    asked = [
        say(language, "notice.level", level=to.level) if to.level is not None else "",
        say(language, "notice.units", units=", ".join(to.units)) if to.units else "",
        say(language, "notice.severity", severity=to.severity) if to.severity else "",
        say(language, "notice.categories", categories=", ".join(to.categories)) if to.categories else "",
        say(language, "notice.topics", topics=", ".join(to.topics)) if to.topics else "",
    ]
    return "; ".join(one for one in asked if one) or say(language, "notice.everything")


def ending(to: Subscription) -> Message:
    """Return the message that a subscription ends soon."""
    parts = ["\n".join((say(language, "notice.ends", name=to.name, day=to.expires), *why(language, to))) for language in LANGUAGES]
    return Message(say("zh", "notice.ends", name=to.name, day=to.expires), "\n\n".join(parts))


def trial(to: Subscription) -> Message:
    """Return the message by which somebody sees that messages get through."""
    parts = ["\n".join((say(language, "notice.trial", name=to.name), *why(language, to))) for language in LANGUAGES]
    return Message(say("zh", "notice.trial", name=to.name), "\n\n".join(parts))
