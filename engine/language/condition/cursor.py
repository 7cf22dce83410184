"""The words of a condition from first to last: looking at the next one, going past it, and refusing it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from engine.language.condition.tokens import Fault, Token, tokens
from engine.language.condition.words import CEL_SIGNS, COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 2000
DEEPEST = 30


class Cursor:
    """A place among the words of a condition. `warned` are columns and what to say of them."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise Fault(0, f"a condition has at most {LONGEST} characters; this one has {len(text)}")
        self.text = text
        self.words = tokens(text)
        self.place = 0
        self.depth = 0
        self.warned: list[tuple[int, str]] = []

    @property
    def word(self) -> Token:
        """Return the word that stands next."""
        return self.words[self.place]

    def take(self) -> Token:
        """Return the next word and go past it."""
        found = self.words[self.place]
        self.place += 1
        return found

    def is_word(self, *texts: str) -> bool:
        """Return whether one of these words or signs stands next."""
        return self.word.kind in {"word", "sign"} and self.word.text in texts

    def took(self, *texts: str) -> bool:
        """Go past one of these words where it stands next, and return whether it did; CEL's signs are noted."""
        if not self.is_word(*texts):
            return False
        word = self.take()
        if word.text in CEL_SIGNS:
            self.warned.append((word.column, f"write '{CEL_SIGNS[word.text]}' for '{word.text}'"))
        return True

    def expect(self, text: str) -> None:
        """Go past a sign that must stand next."""
        if not self.took(text):
            self.unexpected()

    def unexpected(self) -> NoReturn:
        """Raise the fault of a word that cannot stand here."""
        word = self.word
        if word.kind == "end":
            raise Fault(word.column, "did not expect the end")
        hint = {"=": "use == to compare", "-": "only two times have a difference"}.get(word.text)
        if word.text in COMPARISONS:
            hint = f"did not expect '{word.text}'; join two comparisons with 'and'"
        raise Fault(word.column, hint or f"did not expect '{word.text}'")

    def since(self, start: int) -> str:
        """Return the text from `start` to the last word that was taken."""
        return self.text[start : self.words[max(0, self.place - 1)].end].strip()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Go one step further in, as far as that is allowed."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Fault(self.word.column, f"conditions are nested more than {DEEPEST} deep")
        yield
        self.depth -= 1
