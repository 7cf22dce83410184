"""Checks of what an explanation says: each is a plain rule, gives the same answer always, and may be overruled with a reason.

They find what reviewers return most: two stories about one contact, "solved" without a fact, only vague words, times in the wrong
order, actions that nobody owns or that come too late, and one outage answered where several were asked about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from engine.calendar import parse_instant, show_instant
from engine.casework.fault import Fault, fault
from engine.casework.reading import yes_or_no
from engine.casework.turns import REACHED, RESOLVED, UNREACHED, VAGUE, says_little

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.casework.explanation import About
    from engine.casework.fault import Path

#: What a check is called where it is overruled.
CHECKS: Final = (
    "contact-contradiction",
    "resolved-without-fact",
    "vague-only",
    "restored-missing",
    "date-before-cause",
    "action-without-owner",
    "due-too-late",
    "one-outage-only",
    "no-follow-up",
)
SENTENCE: Final = re.compile(r"[。；！？;!?\n]|\.(?=\s|$)")
CONCRETE: Final = (("what_happened",), ("direct_cause",), ("root_cause",), ("correction",), ("lookalikes",))
#: Which moment cannot come before which.
ORDER: Final = (
    ("reported", "start"),
    ("dispatched", "reported"),
    ("arrived", "dispatched"),
    ("restored", "start"),
    ("answered", "reported"),
)


class TextChecks:
    """The checks over one explanation, whatever shape it has."""

    def __init__(self, fields: Mapping[str, Any], about: About) -> None:
        self.fields = fields
        self.about = about

    def found(self) -> tuple[Fault, ...]:
        """Return what the checks find, overruled or not."""
        return (
            *self.contact(),
            *self.resolved(),
            *self.vague(),
            *self.restored(),
            *self.order(),
            *self.actions(),
            *self.repeated(),
            *self.follow_up(),
        )

    def at(self, *path: str) -> Any:
        """Return what stands at a path, or None."""
        value: Any = self.fields
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def text(self, *path: str) -> str:
        """Return the text at a path, empty where there is none."""
        value = self.at(*path)
        return value.strip() if isinstance(value, str) else ""

    def moment(self, *path: str) -> int | None:
        """Return the time at a path, or None where none can be read."""
        text = self.text(*path)
        return parse_instant(text, self.about.zone) if text else None

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Return the actions that have the shape of one."""
        actions = self.fields.get("actions")
        for number, row in enumerate(actions if isinstance(actions, list) else ()):
            if isinstance(row, dict) and any(isinstance(value, str) and value.strip() for value in row.values()):
                yield number, row

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Return every text in which somebody tells something."""
        for path in (*CONCRETE, ("history",)):
            if text := self.text(*path, "text"):
                yield (*path, "text"), text
        for name in ("opinion", "why_not"):
            if text := self.text("contact", name):
                yield ("contact", name), text

    # Checks -----------------------------------------------------------------------------------------------------------

    def contact(self) -> Iterator[Fault]:
        """Return statements about the contact that cannot both be true."""
        reached, unreached = self.told_of_contact()
        answered = yes_or_no(self.at("contact", "contacted"))
        if answered is True:
            reached, unreached = "contacted: yes", unreached or self.text("contact", "why_not")
        elif answered is False:
            reached, unreached = reached or self.text("contact", "opinion"), "contacted: no"
        if reached and unreached:
            yield fault(("contact",), "contact-contradiction", value=f"“{reached}”, “{unreached}”")

    def told_of_contact(self) -> tuple[str, str]:
        """Return the first words that say the customer was reached, and the first that say not."""
        reached = unreached = ""
        for _, text in self.texts():
            if (found := REACHED.search(UNREACHED.sub("", text))) is not None:
                reached = reached or found[0]
            if (found := UNREACHED.search(text)) is not None:
                unreached = unreached or found[0]
        return reached, unreached

    def resolved(self) -> Iterator[Fault]:
        """Return places that say solved, with no number in the sentence and no moment of restoration."""
        if self.about.is_outage and self.moment("timeline", "restored", "at") is not None:
            return
        for path, text in self.texts():
            for sentence in SENTENCE.split(text):
                found = RESOLVED.search(sentence)
                if found is not None and not any(letter.isdigit() for letter in sentence):
                    yield fault(path, "resolved-without-fact", value=found[0])
                    break

    def vague(self) -> Iterator[Fault]:
        """Return texts that hold vague words and, apart from them, nothing."""
        told: list[tuple[Path, str]] = [((*path, "text"), self.text(*path, "text")) for path in CONCRETE]
        told += [(("actions", number, "what"), str(row.get("what") or "")) for number, row in self.rows()]
        for path, text in told:
            found = VAGUE.search(text)
            if found is not None and says_little(text):
                yield fault(path, "vague-only", value=found[0])

    def restored(self) -> Iterator[Fault]:
        """Return an outage that nobody says was over."""
        if self.about.is_outage and not self.text("timeline", "restored", "at") and not self.text("timeline", "restored", "none"):
            yield fault(("timeline", "restored"), "restored-missing")

    def order(self) -> Iterator[Fault]:
        """Return moments that come before what they follow from."""
        for name, earlier in ORDER:
            yield from self.before(("timeline", name), ("timeline", earlier))
        yield from self.before(("contact",), ("timeline", "start"))
        start = self.moment("timeline", "start", "at")
        for number, row in self.rows():
            due = self.due(row)
            if start is not None and due is not None and due < start:
                yield self.earlier(("actions", number, "due"), due, ("timeline", "start"), start)

    def before(self, path: tuple[str, ...], other: tuple[str, ...]) -> Iterator[Fault]:
        """Return one moment that is before another."""
        at, cause = self.moment(*path, "at"), self.moment(*other, "at")
        if at is not None and cause is not None and at < cause:
            yield self.earlier((*path, "at"), at, other, cause)

    def earlier(self, path: Path, at: int, other: Path, cause: int) -> Fault:
        """Return the fault of a moment before its cause."""
        zone = self.about.zone
        return fault(path, "date-before-cause", value=show_instant(at, zone), other=other, wanted=show_instant(cause, zone))

    def due(self, row: Mapping[str, Any]) -> int | None:
        """Return until when an action is to be done, or None."""
        text = row.get("due")
        return parse_instant(text, self.about.zone) if isinstance(text, str) else None

    def actions(self) -> Iterator[Fault]:
        """Return actions without an owner, or due after the latest moment allowed."""
        latest = self.about.latest_due
        for number, row in self.rows():
            if not str(row.get("owner") or "").strip():
                yield fault(("actions", number, "owner"), "action-without-owner")
            due = self.due(row)
            if latest is not None and due is not None and due > latest:
                zone = self.about.zone
                yield fault(("actions", number, "due"), "due-too-late", value=show_instant(due, zone), wanted=show_instant(latest, zone))

    def repeated(self) -> Iterator[Fault]:
        """Return an answer that covers one occurrence where several were asked about."""
        if self.about.occurrences < 2 or self.at("what_happened") is None:
            return
        named = {
            str(one) for path in (("what_happened",), ("history",)) if isinstance(ids := self.at(*path, "evidence"), list) for one in ids
        }
        if len(named) < 2:
            yield fault(("history",), "one-outage-only", value=f"{len(named)} / {self.about.occurrences}")

    def follow_up(self) -> Iterator[Fault]:
        """Return an explanation after which nothing will be different."""
        if not self.about.owes_remedy and not any(True for _ in self.rows()) and self.at("what_happened") is not None:
            yield fault(("actions",), "no-follow-up")
