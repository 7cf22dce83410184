"""How a command ends: exit codes, and the exception that ends it with a few plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Everything is well; something was found (lint errors, failed tests, nothing by that name); used wrongly; a bug of ours; Ctrl-C.
FINE, FINDINGS, USAGE, BUG, STOPPED = 0, 1, 2, 70, 130


class Refused(Exception):  # noqa: N818 - what became of the command
    """The command ends here: each line goes to standard error."""

    def __init__(self, lines: str | Iterable[str], code: int = USAGE) -> None:
        super().__init__(lines)
        self.lines = [lines] if isinstance(lines, str) else list(lines)
        self.code = code
