"""Values of a form as people write them: empty or not, yes or no, numbers."""

from __future__ import annotations

YES, NO = frozenset({"yes", "true", "是", "已"}), frozenset({"no", "false", "否", "未"})


def is_empty(value: object) -> bool:
    """Return whether nothing was filled in, however deep the empty boxes go."""
    if isinstance(value, dict):
        return all(is_empty(one) for one in value.values())
    if isinstance(value, list):
        return all(is_empty(one) for one in value)
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: object) -> str:
    """Return a value as it is written."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()


def yes_or_no(value: object) -> bool | None:
    """Return what was answered, or None."""
    text = text_of(value).lower()
    return True if text in YES else False if text in NO else None


def number_of(value: object) -> float | None:
    """Return a number that is written in digits, or None."""
    text = text_of(value).replace(",", "")
    if isinstance(value, bool) or len(text) > 18 or not text.removeprefix("-").replace(".", "", 1).isdecimal():
        return None
    return float(text)
