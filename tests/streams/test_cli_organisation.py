"""People and units taken over from an export: all of it or nothing, every mistake at its line, and every month again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from engine.calendar import parse_instant
from engine.language import read_rules
from streams.cli.program import answer
from streams.folder import Folder, read_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.places import People

    Command = Callable[..., "Done"]

SHIPPED = Path(__file__).resolve().parents[2] / "rules"
STAFF = """工号,姓名,单位,岗位,入职日期
sun-jie,孙杰 / Sun Jie,chengguan,head,2011
wang.wu,王五 / Wang Wu,hongling,deputy,2015
chen.liu,陈六 / Chen Liu,chengguan,,2020
"""


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def clearly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the command."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Done:
        code = answer(arguments)
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return the organisation that ships, in a folder without rules."""
    made = tmp_path / "rules"
    made.mkdir()
    for name in ("catalogue.yaml", "calendars/china.yaml", "organisation.yaml"):
        (made / name).parent.mkdir(exist_ok=True)
        shutil.copy(SHIPPED / name, made / name)
    return made


def export(rules: Path, text: str, name: str = "staff.csv", encoding: str = "utf-8") -> str:
    """Write an export beside the rules folder, and return its path."""
    path = rules.parent / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def people(rules: Path) -> People:
    """Return the people of a folder."""
    folder = read_folder(rules)
    assert isinstance(folder, Folder)
    book = read_rules(folder.files).rulebook
    assert book is not None
    assert book.places is not None
    return book.places.people


def on(day: str) -> int:
    """Return a local date as an instant."""
    found = parse_instant(day, "Asia/Shanghai")
    assert found is not None
    return found


def test_an_export_moves_people_from_a_day_on(rules: Path, clearly: Command) -> None:
    done = clearly("organisation", "import", export(rules, STAFF), "--rules", str(rules), "--since", "2026-09-01", "--json")
    assert (done.code, json.loads(done.out)) == (
        0,
        {
            "written": True,
            "added": ["person chen.liu"],
            "changed": ["person wang.wu"],
            "ended": [],
            "unchanged": 1,
            "unused_columns": ["入职日期"],
            "problems": [],
        },
    )
    found = people(rules)
    assert [found.unit_of("wang.wu", on(day)) for day in ("2026-08-31", "2026-09-01")] == ["chengguan", "hongling"]
    assert [found.known("chen.liu", on(day)) for day in ("2026-08-31", "2026-09-01")] == [False, True]


def test_the_same_export_again_changes_nothing_and_a_correction_of_the_day_replaces_it(rules: Path, clearly: Command) -> None:
    options = ("--rules", str(rules), "--since", "2026-09-01", "--json")
    clearly("organisation", "import", export(rules, STAFF), *options)
    before = (rules / "organisation.csv").read_text("utf-8")
    again = json.loads(clearly("organisation", "import", export(rules, STAFF), *options).out)
    assert (again["written"], again["unchanged"], (rules / "organisation.csv").read_text("utf-8")) == (False, 3, before)
    corrected = json.loads(clearly("organisation", "import", export(rules, STAFF.replace("hongling", "linxi")), *options).out)
    assert corrected["changed"] == ["person wang.wu"]
    assert people(rules).unit_of("wang.wu", on("2026-09-01")) == "linxi"


def test_every_mistake_is_told_at_its_line_and_nothing_is_written(rules: Path, clearly: Command) -> None:
    wrong = STAFF.replace("陈六 / Chen Liu,chengguan", "陈六 / Chen Liu,chengguann") + "zhao.qi,赵七,linxi,,\nzhao.qi,赵七,linxi,,\n"
    path = export(rules, wrong)
    done = clearly("organisation", "import", path, "--rules", str(rules))
    assert done.code == 1
    assert [line.removeprefix(path) for line in done.out.splitlines() if line.startswith(path)] == [
        ":3:1: person 'wang.wu' has unit 'chengguan' so far and 'hongling' here; say with --since DATE from when on [places-import]",
        ":6:1: person 'zhao.qi' is in this file twice; give the later line a date under 'since' [places-import]",
        ":4:24: there is no unit 'chengguann'; did you mean 'chengguan'? [places-unknown]",
    ]
    assert not (rules / "organisation.csv").exists()


def test_an_export_of_an_older_system_is_read_when_told_how(rules: Path, clearly: Command) -> None:
    path = export(rules, STAFF, encoding="gb18030")
    options = ("--rules", str(rules), "--since", "2026-09-01")
    refused = clearly("organisation", "import", path, *options)
    assert (refused.code, refused.err) == (2, f"{path}: byte 1 is not utf-8; say how it is written, for example --encoding gb18030\n")
    assert clearly("organisation", "import", path, *options, "--encoding", "gb18030").code == 0


def test_whoever_is_not_in_a_complete_export_is_gone(rules: Path, clearly: Command) -> None:
    options = ("--rules", str(rules), "--json")
    clearly("organisation", "import", export(rules, STAFF), *options, "--since", "2026-09-01")
    left = export(rules, STAFF.replace("chen.liu,陈六 / Chen Liu,chengguan,,2020\n", ""))
    done = json.loads(clearly("organisation", "import", left, *options, "--since", "2026-10-01", "--complete").out)
    assert done["ended"] == ["person chen.liu"]
    assert {one["level"] for one in done["problems"]} == {"warning"}
    assert "gao-feng" in done["problems"][0]["message"]
    found = people(rules)
    assert [found.known("chen.liu", on(day)) for day in ("2026-09-30", "2026-10-01")] == [True, False]
    assert found.known_unit("linxi", on("2026-10-01"))


def test_units_are_taken_over_too_and_what_the_export_has_no_column_for_stays(rules: Path, clearly: Command) -> None:
    units = "单位代码,上级单位\nhongling,donghe\nxincheng,linxi\n"
    done = clearly("organisation", "import", export(rules, units), "--rules", str(rules), "--since", "2026-09-01")
    assert done.code == 0
    found = people(rules)
    assert found.path("hongling", on("2026-09-01")) == "qinghe.donghe.hongling"
    assert found.path("xincheng", on("2026-09-01")) == "qinghe.linxi.xincheng"
    unit = found.organisation.unit("hongling", on("2026-09-01"))
    assert unit is not None
    assert unit.title == "红岭供电所 / Hongling supply station"


def test_a_dry_run_shows_and_writes_nothing(rules: Path, clearly: Command) -> None:
    done = clearly("organisation", "import", export(rules, STAFF), "--rules", str(rules), "--since", "2026-09-01", "--dry-run")
    assert "changed 变更 1: person wang.wu" in done.out
    assert "nothing written: a dry run 试运行，未写入" in done.out
    assert not (rules / "organisation.csv").exists()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("编号,姓名\n1,x\n", [], "1:1: no column says which unit; name it with --column unit=COLUMN, one of 编号, 姓名"),
        ("单位,unit\na,b\n", [], "1:1: two columns of this file say 'unit': 单位 and unit; choose with --column"),
        (
            "人员,部门编码\nx,chengguan\n",
            ["--column", "unit=部门编吗"],
            "1:1: there is no column '部门编吗' in this file; did you mean '部门编码'?",
        ),
        ('单位\n"a\n', [], "2:1: this line is not CSV: unexpected end of data; is a quotation mark missing?"),
        ("单位,上级单位\n,linxi\n", [], "2:1: this line names neither a person nor a unit"),
        (STAFF, ["--complete"], "1:1: --complete needs --since DATE: whoever is not in the file is gone from then on"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(rules: Path, clearly: Command, text: str, options: list[str], said: str) -> None:
    path = export(rules, text)
    done = clearly("organisation", "import", path, "--rules", str(rules), *options)
    assert done.code == 1
    assert f"{path}:{said}" in done.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "20260-01-01"], "--since 20260-01-01: not a date; write for example 2026-07-01"),
        (["--column", "persn=工号"], "--column persn=工号: there is no 'persn'; did you mean 'person'?"),
        (["--column", "person"], "--column person: write NAME=COLUMN, for example person=工号"),
        (["--encoding", "gb1803"], "--encoding gb1803: there is no such encoding; try utf-8 or gb18030"),
    ],
)
def test_an_option_that_is_wrong_says_what_would_be_right(rules: Path, clearly: Command, options: list[str], said: str) -> None:
    done = clearly("organisation", "import", export(rules, STAFF), "--rules", str(rules), *options)
    assert (done.code, done.err.strip()) == (2, said)
