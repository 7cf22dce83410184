"""An export of people and units taken over into organisation.csv: what is new, what has changed from a day on, and who is gone."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.calendar import parse_instant
from engine.places.history import ALWAYS, FOREVER
from engine.places.notes import Notes
from engine.places.organisationfile import BOTH
from engine.places.row import BETWEEN, CELL, LISTS, Lines
from engine.source import Place, Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.places.organisation import Organisation

#: What the columns of an export may be called; spaces and letter size do not matter.
CALLED: Final = {
    "单位": "unit",
    "单位代码": "unit",
    "部门代码": "unit",
    "上级单位": "in",
    "上级": "in",
    "parent": "in",
    "部门": "department",
    "部门类别": "department",
    "督办单位": "supervised_by",
    "原单位": "was",
    "人员": "person",
    "工号": "person",
    "人员编号": "person",
    "岗位": "posts",
    "职务": "posts",
    "post": "posts",
    "代理人": "substitute",
    "姓名": "title",
    "名称": "title",
    "name": "title",
    "起": "since",
    "开始": "since",
    "from": "since",
    "止": "until",
    "结束": "until",
    "to": "until",
}
CSV: Final = "organisation.csv"
#: What of a row is compared with what is known.
OF_UNIT: Final = ("in", "department", "supervised_by", "was", "title")
OF_PERSON: Final = ("unit", "posts", "title")


@dataclass(slots=True)
class Imported:
    """What an import makes of organisation.csv. With an error in `problems` nothing is to be written."""

    text: str = ""
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    unchanged: int = 0
    unused: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: line of `text` -> line of the export that it came from
    origin: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an export is to be taken: from which day on, whether it names everybody, and what its columns are called."""

    zone: str
    since: str | None = None
    complete: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def at(self) -> int:
        """Return the moment from which on the export holds; without one, the end of time: it is compared with what is last known."""
        found = parse_instant(self.since, self.zone) if self.since is not None else None
        return FOREVER - 1 if found is None else found


def imported(file: str, text: str, before: str, known: Organisation, wanted: Wanted) -> Imported:
    """Return what an export makes of `before`, the organisation.csv that there is; `known` is all that the folder describes now."""
    return Import(file, text, before, known, wanted).result()


class Import:
    """One export on its way into organisation.csv."""

    def __init__(self, file: str, text: str, before: str, known: Organisation, wanted: Wanted) -> None:
        self.file = file
        self.made = Imported()
        self.lines = self.read(text)
        self.known = known
        self.wanted = wanted
        notes = Notes()
        self.rows: list[dict[str, str]] = [row.values for row in Lines(CSV, before, notes).rows(BOTH)] if before.strip() else []
        self.at = {about(row): place for place, row in enumerate(self.rows)}
        self.came: dict[int, int] = {}
        self.named: set[tuple[str, str]] = set()
        self.header: list[str] = []

    def result(self) -> Imported:
        """Return what was made."""
        self.header = self.names()
        if not self.made.problems:
            for number, cells in self.lines[1:]:
                values = {name: text for name, cell in zip(self.header, cells, strict=False) if name and (text := cell.strip())}
                if values:
                    self.take(number, values)
            if self.wanted.complete:
                self.end()
            self.write()
        return self.made

    def say(self, line: int, text: str, column: int = 1) -> None:
        """Note a problem."""
        self.made.problems.append(Problem(Place(self.file, line, column), "places-import", text))

    def read(self, text: str) -> list[tuple[int, list[str]]]:
        """Return the lines of the export with their numbers."""
        found: list[tuple[int, list[str]]] = []
        reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        before = 0
        try:
            for cells in reader:
                found.append((before + 1, cells))
                before = reader.line_num
        except csv.Error as error:
            self.say(before + 1, f"this line is not CSV: {error}; is a quotation mark missing?")
        return found

    def names(self) -> list[str]:
        """Return our name for each column, empty for one that is not used."""
        first = [cell.strip() for cell in self.lines[0][1]] if self.lines else []
        for name in self.wanted.columns.values():
            if name not in first:
                self.say(1, f"there is no column '{name}' in this file{suggest(name, first)}")
        called = {written: ours for ours, written in self.wanted.columns.items()}
        found = [called.get(cell) or self.ours(cell) for cell in first]
        for place, name in enumerate(found):
            if name and name in found[:place]:
                self.say(1, f"two columns of this file say '{name}': {first[found.index(name)]} and {first[place]}; choose with --column")
        if "unit" not in found:
            self.say(1, f"no column says which unit; name it with --column unit=COLUMN, one of {', '.join(first) or 'none'}")
        self.made.unused = [cell for cell, name in zip(first, found, strict=True) if not name and cell]
        return found

    def ours(self, cell: str) -> str:
        """Return our name of a column, empty where it has none."""
        plain = cell.lower().replace(" ", "_")
        name = plain if plain in BOTH else CALLED.get(cell.lower(), "")
        return "" if name in self.wanted.columns else name

    def take(self, number: int, values: dict[str, str]) -> None:
        """Take one line of the export."""
        if "person" in values:
            values.pop("in", None)
        what = "person" if "person" in values else "unit"
        name = values.get(what)
        if name is None:
            self.say(number, "this line names neither a person nor a unit")
            return
        if (what, name) in self.named and "since" not in values and "substitute" not in values:
            self.say(number, f"{what} '{name}' is in this file twice; give the later line a date under 'since'")
            return
        self.named.add((what, name))
        if "substitute" in values or "since" in values:
            self.add(number, values, f"{what} {name}")
        else:
            self.compare(number, what, name, values)

    def compare(self, number: int, what: str, name: str, values: dict[str, str]) -> None:
        """Take a line without a date: new, the same, or different from a day on."""
        then = self.then(what, name)
        if then is None:
            self.add(number, self.dated(values), f"{what} {name}")
            return
        others = [one for one in then if one in self.header and listed(values.get(one, ""), one) != then[one]]
        if not others:
            self.made.unchanged += 1
        elif self.wanted.since is None:
            told = f"'{then[others[0]]}' so far and '{values.get(others[0], '')}' here"
            self.say(number, f"{what} '{name}' has {others[0]} {told}; say with --since DATE from when on")
        else:
            # what the export has no column for stays as it is
            kept = {one: value for one, value in then.items() if value and one not in self.header}
            self.add(number, self.dated({**kept, **values}), f"{what} {name}", changed=True)

    def then(self, what: str, name: str) -> dict[str, str] | None:
        """Return what is known of a name at the moment from which the export holds, or None."""
        if what == "person":
            person = self.known.person(name, self.wanted.at)
            return person and {"unit": person.unit, "posts": ";".join(person.posts), "title": person.title or ""}
        unit = self.known.unit(name, self.wanted.at)
        if unit is None:
            return None
        values = (unit.above, unit.department, unit.supervised_by, ";".join(unit.was), unit.title)
        return {one: value or "" for one, value in zip(OF_UNIT, values, strict=True)}

    def dated(self, values: dict[str, str]) -> dict[str, str]:
        """Return a line with the day from which on it holds."""
        return values if self.wanted.since is None else {**values, "since": self.wanted.since}

    def add(self, number: int, values: dict[str, str], what: str, *, changed: bool = False) -> None:
        """Add a row, in place of one of the same name and day."""
        place = self.at.get(about(values))
        if place is not None and self.rows[place] == values:
            self.made.unchanged += 1
            return
        if place is None:
            place = len(self.rows)
            self.rows.append(values)
            self.at[about(values)] = place
        else:
            self.rows[place] = values
            changed = True
        self.came[place] = number
        (self.made.changed if changed else self.made.added).append(what)

    def end(self) -> None:
        """Let everybody and everything end that the export does not name, although it names all."""
        if self.wanted.since is None:
            self.say(1, "--complete needs --since DATE: whoever is not in the file is gone from then on")
            return
        at = self.wanted.at
        # an export of people alone says nothing about units
        kinds = {what for what, _ in self.named}
        gone = [("person", name) for name in self.known.people if "person" in kinds and self.known.person(name, at) is not None]
        gone += [("unit", name) for name in self.known.units if "unit" in kinds and self.known.unit(name, at) is not None]
        rows: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row in self.rows:
            if "substitute" not in row:
                what = "person" if "person" in row else "unit"
                rows.setdefault((what, row.get(what, "")), []).append(row)
        for what, name in gone:
            if (what, name) not in self.named:
                self.end_one(what, name, rows.get((what, name), []))

    def end_one(self, what: str, name: str, mine: list[dict[str, str]]) -> None:
        """Let one name end, in the last of its rows."""
        if not mine:
            told = f"{what} '{name}' is not in this file and stands in organisation.yaml; give it 'until: {self.wanted.since}' there"
            self.made.problems.append(Problem(Place(self.file, 1, 1), "places-import", told, "warning"))
            return
        last = max(mine, key=lambda row: parse_instant(row.get("since", ""), self.wanted.zone) or ALWAYS)
        last["until"] = self.wanted.since or ""
        self.made.ended.append(f"{what} {name}")

    def write(self) -> None:
        """Write the rows."""
        columns = [name for name in BOTH if any(name in row for row in self.rows)]
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        line = 2
        for place, row in enumerate(self.rows):
            if place in self.came:
                self.made.origin[line] = self.came[place]
            writer.writerow(row)
            line += 1 + sum(value.count("\n") for value in row.values())
        self.made.text = out.getvalue()


def about(row: Mapping[str, str]) -> tuple[str, str, str, bool]:
    """Return what a row is about: whom or what, from when on, and whether it is an absence."""
    what = "person" if "person" in row else "unit"
    return what, row.get(what, ""), row.get("since", ""), "substitute" in row


def listed(text: str, name: str) -> str:
    """Return a value as it is compared: of a list its words, in their order."""
    return ";".join(one for one in BETWEEN.split(text.strip()) if one) if name in LISTS else text.strip()


def placed(problem: Problem, file: str, made: Imported, export: str) -> Problem:
    """Return a problem with organisation.csv at the line of the export that it came from, where it did."""
    if problem.place.file != CSV or problem.place.line not in made.origin:
        return problem
    line = made.origin[problem.place.line]
    return Problem(Place(file, line, column_in(problem, made, export, line)), problem.code, problem.say, problem.level)


def column_in(problem: Problem, made: Imported, export: str, line: int) -> int:
    """Return where the value that a problem is about stands in its line of the export; the line's begin where it is not found."""
    ours, theirs = made.text.splitlines(), export.removeprefix("\ufeff").splitlines()
    if problem.place.line > len(ours) or line > len(theirs):
        return 1
    found = CELL.match(ours[problem.place.line - 1], problem.place.column - 1)
    value = found[0] if found is not None else ""
    place = theirs[line - 1].find(value) if value else -1
    return place + 1 if place >= 0 else 1
