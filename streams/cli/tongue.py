"""How a page speaks: in the languages asked for, in the time zone of the rules, with the titles of the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.watching import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.events import EventType
    from engine.watching import Language

UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


class Tongue:
    """Turns phrases, moments, lengths and values into what a person reads."""

    def __init__(self, languages: Sequence[Language], zone: str, types: Mapping[str, EventType]) -> None:
        self.languages = languages
        self.zone = zone
        self.types = types
        self._zone = ZoneInfo(zone)

    def words(self, key: str, sign: str = " ", **values: Any) -> str:
        """Return a phrase in the languages asked for; a value that is a tuple has a text for each language."""
        told = [say(language, key, **{name: by_language(value, language) for name, value in values.items()}) for language in self.languages]
        return sign.join(dict.fromkeys(told))

    def spoken(self, text: str) -> str:
        """Return a text written `中文 / English` in the languages asked for."""
        zh, slash, en = text.partition(" / ")
        return text if not slash or len(self.languages) > 1 else (zh if self.languages[0] == "zh" else en)

    def time(self, at: datetime) -> str:
        """Return a moment as people of the project's zone write it."""
        local = at.replace(tzinfo=at.tzinfo or UTC).astimezone(self._zone)
        return local.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") if local.second == 0 else local.strftime("%Y-%m-%d %H:%M:%S")

    def length(self, micros: int) -> tuple[str, str]:
        """Return a length in its two largest units, in Chinese and in English."""
        left, parts = max(micros // 1_000_000, 1 if micros else 0), []
        for unit, size in UNITS:
            amount, left = divmod(left, size)
            if amount:
                parts.append((unit, amount))
        parts = parts[:2] or [("seconds", 0)]
        zh = "".join(say("zh", unit, amount=amount) for unit, amount in parts)
        en = " ".join(say("en", unit, amount=amount).removesuffix("s" if amount == 1 else "\n") for unit, amount in parts)
        return zh, en

    def titled(self, event: str) -> str:
        """Return what an event type is called, with its own name, where the catalogue is at hand."""
        title = self.types[event].title if event in self.types else {}
        told = " ".join(dict.fromkeys(title[language] for language in self.languages if language in title))
        return f"{told} ({event})" if told else event

    def value(self, value: Any) -> str:
        """Return a value of an event as a person reads it."""
        if value is None:
            return self.words("missing")
        if isinstance(value, bool):
            return self.words("yes" if value else "no")
        return f"{value:g}" if isinstance(value, float) else str(value)


def by_language(value: Any, language: Language) -> Any:
    """Return the text of a pair (Chinese, English) in one language, and any other value as it is."""
    return value[language == "en"] if isinstance(value, tuple) else value
