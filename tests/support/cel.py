"""CEL to the words of our condition language, as far as it can say the same. Only tests need this."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|\d+e[+-]?\d+|\d+)(?P<unsigned>[uU]?)(?![\w.])"
    r"|(?P<raw>[rR]?)(?P<text>'''(?:[^'\\]|\\.)*'''|\"\"\"(?:[^\"\\]|\\.)*\"\"\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<sign>==|!=|>=|<=|&&|\|\||[-<>!()\[\],.]))",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", **{sign: sign for sign in "\\\"'`?"}}
COMPARISONS = ("==", "!=", ">=", "<=", ">", "<")
WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Inexpressible(Exception):  # noqa: N818 - it is no error that another language says more
    """Our language has no words for this."""


class Translation:
    """One CEL expression in our words (`text`). `zone` is the time zone that the expression asks for."""

    def __init__(self, expression: str, names: dict[str, str]) -> None:
        self.names = names
        self.zone = "UTC"
        self.is_weekday = False
        self.words = self._tokens(expression)
        self.place = 0
        self.text = self._either()
        if self.place < len(self.words):
            raise Inexpressible(self.words[self.place])

    @staticmethod
    def _tokens(expression: str) -> list[tuple[str, str]]:
        found, place = [], 0
        expression = re.sub(r"//[^\n]*", "", expression).rstrip()
        while place < len(expression):
            match = TOKEN.match(expression, place)
            if match is None:
                raise Inexpressible(expression[place:])
            place = match.end()
            if match["text"] is not None:
                found.append(("text", unescaped(match["text"], raw=bool(match["raw"]))))
            else:
                kind = match.lastgroup if match["number"] is None else "number"
                found.append((str(kind), match[kind or 0]))
        return found

    def _is(self, *texts: str) -> bool:
        return self.place < len(self.words) and self.words[self.place][0] != "text" and self.words[self.place][1] in texts

    def _take(self) -> tuple[str, str]:
        if self.place == len(self.words):
            raise Inexpressible("the end")
        self.place += 1
        return self.words[self.place - 1]

    def _expect(self, text: str) -> None:
        if not self._is(text):
            raise Inexpressible(text)
        self.place += 1

    def _either(self) -> str:
        parts = [self._both()]
        while self._is("||"):
            self._take()
            parts.append(self._both())
        return " or ".join(parts)

    def _both(self) -> str:
        parts = [self._relation()]
        while self._is("&&"):
            self._take()
            parts.append(self._relation())
        return " and ".join(parts)

    def _relation(self) -> str:
        left = self._difference()
        while self._is(*COMPARISONS, "in"):
            sign = self._take()[1]
            left = f"{left} {sign} {self._list() if sign == 'in' else self._difference()}"
            if self._is(*COMPARISONS, "in"):
                left = f"({left})"
        return left

    def _list(self) -> str:
        self._expect("[")
        return f"[{', '.join(self._arguments(']'))}]"

    def _difference(self) -> str:
        left = self._unary()
        while self._is("-"):
            self._take()
            left = f"{left} - {self._unary()}"
        return left

    def _unary(self) -> str:
        if self._is("!"):
            self._take()
            return f"(not {self._unary()})"
        if self._is("-"):
            self._take()
            return f"-{self._unary()}"
        return self._member()

    def _member(self) -> str:
        found = self._primary()
        while self._is("."):
            self._take()
            name = self._take()[1]
            self._expect("(")
            found = self._method(name, found, self._arguments(")"))
        return found

    def _method(self, name: str, value: str, arguments: list[str]) -> str:
        match name, arguments:
            case "startsWith", [start]:
                return f"starts_with({value}, {start})"
            case "contains", [part]:
                return f"contains({value}, {part})"
            case "lowerAscii", [] if value.isascii():
                return f"lower({value})"
            case "size", []:
                return f"length({value})"
            case "getHours" | "getDayOfWeek", _:
                self.zone = arguments[0].strip('"') if arguments else "UTC"
                self.is_weekday = name == "getDayOfWeek"
                return f"{'weekday_of' if self.is_weekday else 'hour_of'}({value})"
            case _:
                raise Inexpressible(name)

    def _arguments(self, end: str) -> list[str]:
        found = []
        while not self._is(end):
            found.append(self._either())
            if not self._is(end):
                self._expect(",")
        self._take()
        return found

    def _primary(self) -> str:
        kind, text = self._take()
        match kind:
            case "number":
                return number(text)
            case "text":
                return quoted(text)
            case "word" if self._is("("):
                self._take()
                return self._call(text, self._arguments(")"))
            case "word" if text in {"true", "false"}:
                return "yes" if text == "true" else "no"
            case "word" if text in self.names:
                return self.names[text]
            case "sign" if text == "(":
                inner = self._either()
                self._expect(")")
                return f"({inner})"
        raise Inexpressible(text)

    def _call(self, name: str, arguments: list[str]) -> str:
        match name, arguments:
            case "dyn", [value]:
                return f"({value})"
            case "size", [value]:
                return f"length({value})"
            case "timestamp", [value]:
                return value.strip('"')
            case "duration", [value]:
                if found := re.fullmatch(r'"(\d+)(s|m|h)"', value):
                    return f"{found[1]} { {'s': 'seconds', 'm': 'minutes', 'h': 'hours'}[found[2]] }"
                raise Inexpressible(value)
            case _:
                raise Inexpressible(name)


def number(text: str) -> str:
    """Return a number without an exponent."""
    if not re.search(r"[.eE]", text):
        return text
    value = f"{Decimal(text):f}"
    return value if "." in value else f"{value}.0"


def unescaped(text: str, *, raw: bool) -> str:
    """Return what stands between CEL's quotation marks."""
    inner = text[3:-3] if text[:3] in {'"""', "'''"} else text[1:-1]

    def meant(found: re.Match[str]) -> str:
        hexadecimal = found[1] or found[2] or found[3]
        if hexadecimal:
            return chr(int(hexadecimal, 16))
        return chr(int(found[4], 8)) if found[4] else SIMPLE[found[5]]

    return inner if raw else ESCAPE.sub(meant, inner)


def quoted(text: str) -> str:
    """Return a text as our language writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escaped}"'


def literal(result: dict[str, Any]) -> str:
    """Return a value of the conformance suite in our words."""
    for kind, value in result.items():
        match kind:
            case "bool_value":
                return "yes" if value else "no"
            case "string_value":
                return quoted(value)
            case "int64_value" | "uint64_value":
                return str(value)
            case "double_value" if isinstance(value, int | float):
                return number(f"{float(value)!r}")
    raise Inexpressible(str(result))
