"""The words of a mapping file: which settings there are and what each may hold.

Only the shape is checked here; whether columns, events and values make sense together is `lint`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = ("csv", "json lines", "json")
ENCODINGS = ("utf-8", "gb18030", "gbk", "big5", "utf-16", "latin-1", "cp1252")
CLOCK_CHANGES = ("reject", "first", "second")

#: What a draft writes where a person has to say what is right.
FILL_IN = "?"
#: What the file may say instead of a sign that is hard to see or to write.
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _among(setting: str, options: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in options:
            raise ValueError(f"'{setting}' cannot be '{value}'{suggest(value, options)}; it is one of {', '.join(options)}")
        return value

    return check


#: One text or a list of texts; a single one is read as a list of one.
Texts = Annotated[list[str], BeforeValidator(_as_list)]

_ClockChange = Annotated[str, AfterValidator(_among("when_ambiguous", CLOCK_CHANGES))]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedWords(_Words):
    """The top of the file: how the other system's records look, and which events they become."""

    noun: ClassVar[str] = "feed setting"

    feed: str
    title: str = ""
    source: str = ""
    format: Annotated[str, AfterValidator(_among("format", FORMATS))] = "csv"
    encoding: Annotated[str, AfterValidator(_among("encoding", ENCODINGS))] = "utf-8"
    delimiter: str = ","
    skip_lines: str = "0"
    columns: list[str] = []
    may_be_absent: Texts = []
    records: str = ""
    zone: str = ""
    time: Texts = ["iso"]
    when_ambiguous: _ClockChange = "reject"
    missing: Texts = []
    first_of: str = ""
    skip: list[Any] = []
    arrived: Any = None
    events: list[Any]


class EventWords(_Words):
    """One event that each row becomes."""

    noun: ClassVar[str] = "event setting"

    event: str
    skip: list[Any] = []
    arrived: Any = None
    fields: dict[str, Any]


class ValueWords(_Words):
    """One field's value, where a column's name alone does not say enough."""

    noun: ClassVar[str] = "value setting"

    column: str | None = None
    constant: str | None = None
    values: dict[str, str] | None = None
    otherwise: str | None = None
    if_empty: str | None = None
    time: Texts | None = None
    zone: str | None = None
    when_ambiguous: _ClockChange | None = None
    thousands: str | None = None
    decimal: str | None = None
    factor: str | None = None
    number: Annotated[str, AfterValidator(_among("number", ("whole",)))] | None = None


class SkipWords(_Words):
    """Rows that are left out on purpose: one column, one test, and the reason."""

    noun: ClassVar[str] = "skip setting"
    tests: ClassVar[tuple[str, ...]] = ("is", "is_not", "one_of", "not_one_of", "earlier_than", "later_than")

    column: str
    reason: str
    is_: str | None = Field(default=None, alias="is")
    is_not: str | None = None
    one_of: Texts | None = None
    not_one_of: Texts | None = None
    earlier_than: str | None = None
    later_than: str | None = None
    time: Texts | None = None
