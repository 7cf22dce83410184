"""A first mapping file for a sample: what its columns look like and are called says most of it, and `"?"` stands for the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.events.mapping.likeness import likeness, tokens
from engine.events.mapping.mappingfile import FILL_IN
from engine.events.mapping.sample import SIGNS, Sample, look
from engine.source import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.events.catalogue import Catalogue, EventType
    from engine.events.field import Field
    from engine.events.mapping.column import Column

#: From here on a column is taken for a field: required ones, which have to come from somewhere, and others.
LIKELY, CERTAIN = 0.5, 0.75
#: Kinds of column that may hold a field of some kind.
FITS = {
    "time": {"time"},
    "milliseconds": {"time"},
    "whole number": {"whole number", "whole text"},
    "number": {"whole number", "whole text", "number"},
    "yes/no": {"yes/no", "text", "whole number"},
    "one of": {"text", "whole number"},
    "text": {"text", "whole number", "whole text", "number", "yes/no"},
}
QUESTION = f'"{FILL_IN}"'


@dataclass
class Guess:
    """One event that the rows may become, and the column that each of its fields may come from."""

    type: EventType
    columns: dict[str, tuple[Column, float]] = field(default_factory=dict)
    score: float = 0.0

    @property
    def has_id(self) -> bool:
        """Return whether the columns tell one event of this type from another."""
        return all(name in self.columns for name in self.type.id)

    @property
    def time(self) -> tuple[str, bool]:
        """Return the column that says when it happened ("" if none does), and whether its name says so."""
        column, score = self.columns.get(self.type.time, (None, 0.0))
        return (column.name if column else ""), score >= CERTAIN


def draft(lines: str | Iterable[str], file: str, catalogue: Catalogue) -> str:
    """Return a mapping file for a sample. Once each `"?"` is filled in, `read_mapping` accepts it."""
    sample = look(lines, file)
    guesses = _guesses(sample, catalogue)
    place = {column.name: at for at, column in enumerate(sample.columns)}
    chosen = sorted(_chosen(guesses), key=lambda guess: place.get(guess.time[0], 0))
    used = {column.name for guess in chosen for column, _ in guess.columns.values()}
    parts = [*_top(sample, catalogue, chosen), "", "events:"]
    for guess in chosen:
        parts += _event(guess)
    if not chosen:
        parts += [f"  - event: {QUESTION}  # 选一种事件 / one of: {', '.join(catalogue.types)}", "    fields: {}"]
    others = [guess.type.name for guess in guesses if guess not in chosen and guess.score > LIKELY][:4]
    if others:
        parts += ["", f"# 也可能是 / rows may as well become: {', '.join(others)}"]
    parts += [*_unused(sample, used)]
    return "\n".join(parts) + "\n"


# which events


def _guesses(sample: Sample, catalogue: Catalogue) -> list[Guess]:
    found = [_guess(kind, sample) for name, kind in catalogue.types.items() if not kind.retracts and name != "clock.tick"]
    return sorted(found, key=lambda guess: -guess.score)


def _guess(kind: EventType, sample: Sample) -> Guess:
    guess = Guess(kind)
    pairs = sorted(
        (
            (score, one.name, column)
            for one in kind.fields.values()
            for column in sample.columns
            if column.kind in FITS[one.kind] and (score := _score(one, column, sample)) >= (LIKELY if one.required else CERTAIN)
        ),
        key=lambda pair: -pair[0],
    )
    taken: set[str] = set()
    for score, name, column in pairs:
        if name not in guess.columns and column.name not in taken:
            guess.columns[name] = (column, score)
            taken.add(column.name)
    required = [guess.columns[name][1] if name in guess.columns else 0.0 for name in kind.required]
    optional = [score for name, (_, score) in guess.columns.items() if name not in kind.required]
    titled = tokens(sample.stem.replace("s-", " ").rstrip("s")) & tokens(kind.name)
    guess.score = (
        sum(required) / max(len(required), 2) + 0.05 * sum(optional) + 0.3 * bool(titled) + 0.1 * sum(one > CERTAIN for one in required)
    )
    return guess


def _score(one: Field, column: Column, sample: Sample) -> float:
    alike = likeness(column.name, one.name, one.title)
    if one.kind in ("time", "milliseconds") and one.required and alike < LIKELY:
        times = sum(other.kind == "time" for other in sample.columns)
        return LIKELY if times == 1 else 0.0
    return alike


def _chosen(guesses: list[Guess]) -> list[Guess]:
    """Return the best guess and those of its family that other times of the row speak of, such as the end beside the start."""
    if not guesses or guesses[0].score < LIKELY:
        return []
    family = guesses[0].type.name.partition(".")[0]
    chosen: dict[str, Guess] = {}
    for guess in guesses:
        time, certain = guess.time
        if guess is guesses[0] or (guess.type.name.partition(".")[0] == family and guess.has_id and certain and time not in chosen):
            chosen[time] = guess
    return list(chosen.values())


# the file


def _top(sample: Sample, catalogue: Catalogue, chosen: list[Guess]) -> Iterator[str]:
    yield f"# 由 {_comment(sample.file)} 起草 / drafted from {_comment(sample.file)}."
    yield f"# Wherever {QUESTION} stands, a person has to decide. Then look at what comes out:"
    yield f"#   clearly feed check {sample.stem}.yaml {_comment(sample.file)}"
    yield ""
    yield f"feed: {scalar(sample.stem)}"
    if sample.encoding != "utf-8":
        yield f"encoding: {scalar(sample.encoding)}  # the file is not UTF-8"
    if sample.format != "csv":
        yield f"format: {sample.format}"
    if sample.records:
        yield f"records: {scalar(sample.records)}"
    if sample.delimiter != ",":
        yield f"delimiter: {SIGNS[sample.delimiter]}"
    times = [column for guess in chosen for column, _ in guess.columns.values() if column.kind == "time"]
    if any(not column.has_offset for column in times):
        yield f"zone: {QUESTION}  # 时间没有时区 / times have no offset; {catalogue.zone}?"
    nothings = dict.fromkeys(word for column in sample.columns for word in column.nothings)
    if nothings:
        yield f"missing: [{', '.join(scalar(word) for word in nothings)}]"


def _event(guess: Guess) -> Iterator[str]:
    kind = guess.type
    yield f"  - event: {kind.name}  # {kind.title.get('zh', '')} / {kind.title.get('en', '')}"
    held = guess.columns.get(kind.time)
    if held is not None and held[0].has_gaps:
        yield "    skip:"
        yield f"      - column: {scalar(held[0].name)}"
        yield "        is: empty"
        yield f"        reason: {scalar('尚未发生 / not yet, ' + kind.title.get('en', kind.name))}"
    yield "    fields:"
    for one in kind.fields.values():
        if one.name in guess.columns:
            yield from _value(one, *guess.columns[one.name])
        elif one.required:
            yield f"      {one.name}: {QUESTION}  # {_wanted(one)}"


def _value(one: Field, column: Column, score: float) -> Iterator[str]:
    doubt = f"  # 是吗？/ is it? {_wanted(one)}" if score < CERTAIN else ""
    settings = [*_settings(one, column)]
    if not settings:
        yield f"      {one.name}: {scalar(column.name)}{doubt}"
        return
    yield f"      {one.name}:{doubt}"
    yield f"        column: {scalar(column.name)}"
    yield from (f"        {setting}" for setting in settings)


def _settings(one: Field, column: Column) -> Iterator[str]:
    """Give what has to be said about a column beside its name."""
    if column.kind == "time" and column.forms[0] != "iso":
        # Day and month cannot be told apart where no day is over 12.
        if len(column.forms) > 1 and column.forms[0].startswith("%d"):
            yield f"time: {QUESTION}  # {' or '.join(column.forms)}"
        else:
            yield f"time: {scalar(column.forms[0])}"
    elif one.kind == "text" and column.kind == "whole text":
        yield f"number: whole  # such as {column.filled[0]}"
    elif one.kind in ("one of", "yes/no") and column.kind != "yes/no":
        yield from _words(one, column)


def _words(one: Field, column: Column) -> Iterator[str]:
    choices = one.choices or ("yes", "no")
    told = {word: word if word in choices else FILL_IN for word in column.words}
    if column.words and all(word == said for word, said in told.items()):
        return
    yield f"values:  # {_wanted(one)}"
    yield from (f"  {scalar(word)}: {scalar(said)}" for word, said in told.items())
    if not column.words:
        yield f"  {scalar(column.filled[0] if column.filled else 'such as this')}: {QUESTION}"
        yield f"otherwise: {QUESTION}"


def _wanted(one: Field) -> str:
    kind = f"one of {', '.join(one.choices)}" if one.choices else one.kind + (f" ({one.unit})" if one.unit else "")
    return f"{one.title.get('zh', one.name)} / {one.title.get('en', one.name)}: {kind}"


def _unused(sample: Sample, used: set[str]) -> Iterator[str]:
    left = [column for column in sample.columns if column.name not in used]
    if left:
        yield ""
        yield "# 未用的列 / columns that nothing looks at yet:"
    for column in left:
        shown = ", ".join(dict.fromkeys(_comment(value) for value in column.filled[:3])) or "always empty"
        yield f"#   {_comment(column.name)}: {shown}"


def _comment(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text[:60])
