"""Words to tree: a hand-written precedence parser, so that every fault has its column and says what would be right.

condition  = or;  or = and { "or" and };  and = not { "and" not };  not = [ "not" ] test
test       = value [ compare value | ["not"] "in" list | "is" ["not"] "missing" ]

Two conditions in brackets may be compared with == and !=.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.language.condition.tokens import Fault, Token
from engine.language.condition.tree import Among, Compare, Difference, Field, Join, Literal, Lookup, Missing, Node, Not, Truth, Value
from engine.language.condition.values import Values
from engine.language.condition.words import COMPARISONS, ORDERED, SHOWN
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

#: Two conditions compared with == double what has to be worked out, so there is an end to it.
MOST_EQUATIONS = 4


class Parser(Values):
    """One pass over one condition."""

    #: conditions compared with each other so far
    equations = 0

    def whole(self) -> Node:
        """Return the tree of the whole text."""
        node = self.condition(self.either(), 0)
        if self.word.kind != "end":
            self.unexpected()
        return node

    def condition(self, part: Node | Value, start: int) -> Node:
        """Return a part as a condition; of the values only yes and no are one."""
        if not isinstance(part, Value):
            return part
        if part.type != "yes/no":
            raise Fault(part.column, f"'{self.since(start)}' is {SHOWN[part.type]}, not a condition; compare it with something", "types")
        return Truth(part, self.since(part.column))

    def either(self) -> Node | Value:
        """Return conditions joined by `or`."""
        return self.joined("or", "||", self.both)

    def both(self) -> Node | Value:
        """Return conditions joined by `and`."""
        return self.joined("and", "&&", self.negated)

    def joined(self, word: str, sign: str, part: Callable[[], Node | Value]) -> Node | Value:
        """Return parts joined by a word, or the one part that there is."""
        start = self.word.column
        first = part()
        if not self.is_word(word, sign):
            return first
        parts = [self.condition(first, start)]
        while self.took(word, sign):
            start = self.word.column
            parts.append(self.condition(part(), start))
        return Join(word, tuple(parts))

    def negated(self) -> Node | Value:
        """Return a test or its opposite."""
        if not self.took("not", "!"):
            return self.test()
        with self.deeper():
            start = self.word.column
            return Not(self.condition(self.negated(), start))

    def test(self) -> Node | Value:
        """Return one comparison, membership or missing test, or a value by itself."""
        start = self.word.column
        left = self.value()
        if self.word.kind == "sign" and self.word.text in COMPARISONS:
            return self.comparison(left, start)
        if self.is_word("in", "not"):
            opposite = self.took("not")
            self.expect("in")
            value = self.plain_value(left, start, "stand before 'in'")
            options = self.options(value)
            node = Among(value, options, self.since(start))
            return Not(node) if opposite else node
        if self.took("is"):
            return self.missing(left, start)
        if self.is_word("="):
            self.unexpected()
        return left

    def comparison(self, left: Node | Value, start: int) -> Node:
        """Return a comparison, its two sides of one type."""
        left_text = self.since(start)
        sign = self.take()
        right_at = self.word.column
        right = self.value()
        if not (isinstance(left, Value) and isinstance(right, Value)):
            return self.equation(sign, self.condition(left, start), self.condition(right, right_at))
        if left.type != right.type:
            said = f"'{left_text}' is {SHOWN[left.type]} but {self.since(right_at)} is {SHOWN[right.type]}"
            raise Fault(right_at, f"{said}; they can never be compared with {sign.text}{self.in_units(left, right)}", "types")
        if sign.text not in {"==", "!="} and left.type not in ORDERED:
            raise Fault(sign.column, f"{SHOWN[left.type]} has no order; only == and != compare it", "types")
        for value, literal in ((left, right), (right, left)):
            self.check_choice(value, literal)
        return Compare(sign.text, left, right, self.since(start))

    def in_units(self, left: Value, right: Value) -> str:
        """Return the hint that a field counts time in a unit of its own."""
        field = self.fields.get(left.name) if isinstance(left, Field) and right.type == "length" else None
        return f"; this one counts {field.unit}, so write the number alone" if field is not None and field.unit else ""

    def equation(self, sign: Token, left: Node, right: Node) -> Node:
        """Return two conditions that must (not) be alike, as a condition."""
        self.equations += 1
        if sign.text not in {"==", "!="} or self.equations > MOST_EQUATIONS:
            raise Fault(sign.column, "conditions are joined with 'and' and 'or'", "types")
        alike = Join("or", (Join("and", (left, right)), Join("and", (Not(left), Not(right)))))
        return alike if sign.text == "==" else Not(alike)

    def check_choice(self, value: Value, literal: Value) -> None:
        """Refuse a word that a value of few listed ones never has."""
        choices = () if isinstance(value, Literal | Difference) else value.choices
        if choices and isinstance(literal, Literal) and literal.value not in choices and literal.type == "text":
            name = self.text[value.column : value.column + 30].split()[0]
            known = suggest(str(literal.value), choices) or f"; it is one of {', '.join(map(str, choices))}"
            raise Fault(literal.column, f"'{name}' is never \"{literal.value}\"{known}", "choice")

    def options(self, left: Value) -> tuple[Any, ...]:
        """Return the literals of a list."""
        self.expect("[")
        found: list[Any] = []
        while not self.is_word("]"):
            at = self.word.column
            option = self.value()
            if not isinstance(option, Literal) or option.type != left.type:
                raise Fault(at, f"every word of this list must be {SHOWN[left.type]}, written out", "types")
            self.check_choice(left, option)
            found.append(option.value)
            if not self.is_word("]"):
                self.expect(",")
        if not found:
            raise Fault(self.word.column, "an empty list holds nothing; write at least one word")
        self.take()
        return tuple(dict.fromkeys(found))

    def missing(self, left: Node | Value, start: int) -> Node:
        """Return `is missing` or `is not missing`."""
        opposite = self.took("not")
        if not self.is_word("missing"):
            if self.word.kind != "end":
                raise Fault(self.word.column, "only 'missing' can follow 'is'; write == to compare, or in [\"a\", \"b\"]")
            self.unexpected()
        self.take()
        if not isinstance(left, Field | Lookup):
            raise Fault(start, "only a field can be missing", "types")
        node = Missing(left, self.since(start))
        return Not(node) if opposite else node
