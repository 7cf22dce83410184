"""Words of a condition, each with its column."""

from __future__ import annotations

import re
from typing import NamedTuple

WRITTEN = re.compile(
    r"\s*(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?(?![A-Za-z0-9_.:-]))"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_.-]))"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<word>[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*)|(?P<sign>==|!=|>=|<=|&&|\|\||[<>=!()\[\],.-]))",
    re.DOTALL,
)
RUN = re.compile(r"[A-Za-z0-9_.:-]+")
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
#: What a Chinese keyboard gives, and what was meant.
WIDE = dict(zip("（），。“”‘’！＝＞＜［］【】－《》", "(),.\"\"''!=><[][]-<>", strict=True))


class Fault(Exception):  # noqa: N818 - a fault of the text, not of the program
    """A condition that cannot be read: the column (from zero), what would be right, and the lint code."""

    def __init__(self, column: int, say: str, code: str = "condition") -> None:
        super().__init__(say)
        self.column = column
        self.say = say
        self.code = code


class Token(NamedTuple):
    """One word: its kind, its text, the columns where it begins and where it has ended (from zero)."""

    kind: str
    text: str
    column: int
    end: int


def tokens(text: str) -> list[Token]:
    """Return the words of a condition, an `end` last. Raises Fault."""
    found: list[Token] = []
    column, end = 0, len(text.rstrip())
    while column < end:
        match = WRITTEN.match(text, column)
        if match is None or match.lastgroup is None:
            start = column + len(text[column:]) - len(text[column:].lstrip())
            raise Fault(start, unknown(text, start))
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup), match.end()))
        column = match.end()
    found.append(Token("end", "", end, end))
    return found


def unknown(text: str, start: int) -> str:
    """Return what to say of something that no condition has."""
    letter = text[start]
    if letter in "\"'":
        return "this text has no end; write a second quotation mark"
    if letter in WIDE:
        return f"did not expect '{letter}'; write {WIDE[letter]}"
    if (run := RUN.match(text, start)) and letter.isdigit():
        return f"'{run[0]}' is no number, no length (12 hours) and no date (2026-03-01)"
    return f"did not expect '{letter}'" if letter.isprintable() else "did not expect an invisible character"


def unquoted(word: Token) -> str:
    """Return the text between quotation marks, its escapes (see ESCAPES, and four hexadecimal digits after u) understood."""

    def meant(found: re.Match[str]) -> str:
        written = found[1]
        if written in ESCAPES:
            return ESCAPES[written]
        if len(written) == 5 and not 0xD800 <= int(written[1:], 16) <= 0xDFFF:
            return chr(int(written[1:], 16))
        raise Fault(word.column + 1 + found.start(), f"'\\{written}' means nothing; write two backslashes for one")

    return ESCAPE.sub(meant, word.text[1:-1])
