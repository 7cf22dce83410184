"""Why a row cannot become an event: what was found, and what would be right."""

from __future__ import annotations


class Unfit(Exception):  # noqa: N818  # it names a state of the data, and never leaves this room
    """A value that cannot be read. Caught where the row is known, and turned into a rejection with its line.

    `field` is the one that was being made, where there is one. `found` names the value; `right` says the same for every row with
    the same fault, so that rejections can be counted by it.
    """

    def __init__(self, found: str, right: str, code: str) -> None:
        super().__init__(found)
        self.found = found
        self.right = right
        self.code = code
        self.field = ""


def shown(text: str, limit: int = 60) -> str:
    """Return a value in quotes, short enough for one line and fit to be written anywhere."""
    plain = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text[:limit])
    return f"'{plain}'" if len(text) <= limit else f"'{plain}…'"
