"""Small edits of a condition: an operator, a word, a number, a field or one word of a list, changed at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from engine.language.condition import Fault, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.events import Field
    from engine.language.condition import Token

#: Operators that are mistaken for each other.
SIGNS = {
    ">=": (">", "<"),
    ">": (">=", "<"),
    "<=": ("<", ">"),
    "<": ("<=", ">"),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "!": ("",),
}
JOINTS = {"and": "or", "or": "and", "yes": "no", "no": "yes"}
#: What an edit touches, worst first: what is looked for; how it is told apart; by a little.
LOOKED_FOR, TOLD_APART, A_LITTLE = 1, 2, 4


class TextEdit(NamedTuple):
    """One edit: where it begins, what it changes into what, how bad it is, the whole new text, and its group."""

    at: int
    was: str
    now: str
    harm: int
    text: str
    group: str = ""


def condition_edits(text: str, fields: Mapping[str, Field]) -> Iterator[TextEdit]:
    """Return the edits of a condition; of those in one group only the first that can be read is meant."""
    try:
        words = tokens(text)[:-1]
    except Fault:
        return
    for number, word in enumerate(words):
        after = words[number + 1].text if number + 1 < len(words) else ""
        before = words[number - 1].text if number else ""
        match word.kind:
            case "sign":
                yield from (put(text, word, now, TOLD_APART) for now in SIGNS.get(word.text, ()))
            case "number":
                yield from (put(text, word, now, A_LITTLE) for now in near(word.text))
            case "date":
                day = date.fromisoformat(word.text[:10])
                yield from (put(text, word, f"{day + timedelta(days=by)}{word.text[10:]}", A_LITTLE) for by in (1, -1))
            case "text":
                yield from text_edits(text, words, number, fields)
            case _:
                yield from word_edits(text, word, (before, after), fields)


def word_edits(text: str, word: Token, beside: tuple[str, str], fields: Mapping[str, Field]) -> Iterator[TextEdit]:
    """Return the edits of a word: joints, opposites, fields."""
    before, after = beside
    name = word.text
    if name in JOINTS:
        yield put(text, word, JOINTS[name], LOOKED_FOR)
    elif name == "not":
        yield put(text, word, "", LOOKED_FOR)
    elif name in {"in", "missing"} and before != "not":
        yield put(text, word, f"not {name}", LOOKED_FOR)
    elif name in fields:
        kind = fields[name].kind
        if kind == "yes/no" and before != "not" and after in {"", "and", "or", ")"} and before not in {"==", "!="}:
            yield put(text, word, f"not {name}", LOOKED_FOR)
        for other in fields.values():
            if other.kind == kind and other.name != name:
                yield put(text, word, other.name, TOLD_APART)._replace(group=f"field at {word.column}")


def text_edits(text: str, words: Sequence[Token], number: int, fields: Mapping[str, Field]) -> Iterator[TextEdit]:
    """Return the edits of a text: another one in its place, or taken out of its list."""
    word = words[number]
    neighbours = {words[number - 1].text if number else "", words[number + 1].text if number + 1 < len(words) else ""}
    if "," in neighbours:
        start, end = word.column, word.end
        if words[number + 1].text == ",":
            end = words[number + 1].end + 1
        else:
            start = words[number - 1].column
        yield TextEdit(word.column, word.text, "", TOLD_APART, text[:start] + text[end:])
    choices = [choice for field in fields.values() for choice in field.choices]
    quote = word.text[0]
    taken = {other.text[1:-1] for other in words if other.kind == "text"}
    for option in (f"{word.text[1:-1]}?", *(choice for choice in choices if choice not in taken)):
        yield put(text, word, f"{quote}{option}{quote}", TOLD_APART)._replace(group=f"text at {word.column}")


def put(text: str, word: Token, now: str, harm: int) -> TextEdit:
    """Return the edit that puts something in the place of a word."""
    end = word.column + len(word.text)
    rest = text[end:] if now else text[end:].lstrip()
    return TextEdit(word.column, word.text, now, harm, text[: word.column] + now + rest)


def near(number: str) -> list[str]:
    """Return numbers that are easily taken for this one: one more, one less, twice and half as much."""
    if "." in number:
        places = len(number.partition(".")[2])
        return [f"{float(number) + by:.{places}f}" for by in (10.0**-places, -(10.0**-places))]
    value = int(number)
    return [str(one) for one in dict.fromkeys((value + 1, value - 1, 2 * value, value // 2)) if one >= 0]
