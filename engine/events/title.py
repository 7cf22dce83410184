"""Titles in both languages, written `中文 / English`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events.sheet import Path, Sheet

LANGUAGES = ("zh", "en")


def spelled_title(text: str) -> Mapping[str, str]:
    """Return a title by language from `中文 / English`; a text without a slash is the title in both."""
    zh, slash, en = text.partition(" / ")
    return both({"zh": zh.strip(), "en": en.strip()} if slash else {"en": text.strip()})


def plain_title(name: str) -> Mapping[str, str]:
    """Return the title of something that was given none: its own name, as words."""
    return both({"en": name.replace("_", " ")})


def both(titles: Mapping[str, str]) -> Mapping[str, str]:
    """Return a title in every language; a language that was left out shows the other one's."""
    only = next((text for text in titles.values() if text), "")
    return MappingProxyType({language: titles.get(language) or only for language in LANGUAGES})


def read_title(sheet: Sheet, value: object, path: Path) -> Mapping[str, str]:
    """Return a title written as `中文 / English` or as a mapping of both."""
    if isinstance(value, dict):
        parts = sheet.settings(value, path, "a title", LANGUAGES)
        return both({one: sheet.text(part, (*path, one), f"'{one}'") for one, part in parts.items()})
    return spelled_title(sheet.text(value, path, "a title"))
