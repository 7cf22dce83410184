"""The command as a whole: help, documentation, wrong usage, and what happens at its edge."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from engine.watching import LANGUAGES, WORDS
from streams.cli import program
from streams.cli.program import GROUPS, answer, app_for

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent.parent
PAGE = (HOUSE / "docs" / "commands.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (clearly [^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
CLEARLY = [sys.executable, "-m", "streams"]


def commands(command: Any = None, path: str = "clearly") -> Iterator[tuple[str, Any]]:
    """Return every command of the program by what is typed for it."""
    command = command or typer.main.get_command(app_for([]))
    inside = getattr(command, "commands", None)
    if inside is None:
        yield path, command
        return
    for name, one in inside.items():
        yield from commands(one, f"{path} {name}")


COMMANDS = dict(commands())


def options(command: Any) -> set[str]:
    """Return the options of a command, without --help."""
    return {option for one in command.params for option in one.opts if option.startswith("-")} - {"--help", "-h"}


def test_every_command_is_documented_and_nothing_else_is() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented_and_nothing_else_is(name: str) -> None:
    prose = re.sub(r"```.*?```", "", SECTIONS[name], flags=re.DOTALL)
    listed = set(re.findall(r"^\| `(-[\w-]+)`", prose, re.MULTILINE)) | set(re.findall(r"^\| `[\w-]+`, `(-\w)`", prose, re.MULTILINE))
    assert listed | ({"--json"} if name == "clearly version" else set()) == options(COMMANDS[name])


@pytest.mark.parametrize("name", GROUPS)
def test_a_command_of_a_group_is_the_same_where_only_its_group_is_read(name: str) -> None:
    alone = dict(commands(typer.main.get_command(app_for([name, "…"]))))
    assert set(alone) == {path for path in COMMANDS if path.split()[1] == name}
    assert all(options(one) == options(COMMANDS[path]) for path, one in alone.items())


def test_to_list_tasks_nothing_is_read_that_moves_one() -> None:
    read = "import sys, streams.cli.tasklist; print(*(name for name in sys.modules if name.startswith(('engine.', 'streams.'))))"
    done = subprocess.run([sys.executable, "-c", read], cwd=HOUSE, capture_output=True, text=True, check=True)
    heavy = {
        "engine.casework.life",
        "engine.casework.world",
        "engine.language.rulefile",
        "engine.watching.world",
        "streams.docket",
        "streams.rules",
    }
    assert "engine.casework.task" in done.stdout.split()
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_in_its_help_and_in_the_documentation(name: str) -> None:
    assert name in COMMANDS[name].epilog
    assert name in "".join(re.findall(r"```sh\n(.*?)```", SECTIONS[name], re.DOTALL))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_can_be_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer([*name.split()[1:], "--help"]) == 0
    assert "Example" in capsys.readouterr().out


def test_without_a_word_it_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    answer([])
    assert "rules" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rules chek x", "clearly rules: no such command 'chek'"),
        ("rules check", "clearly rules check: missing argument 'DIR'"),
        ("run --rules x", "clearly run: missing option '--db'"),
        ("version x y", "clearly version: got unexpected extra argument(s) (x y); "),
        ("status --db", "clearly: option '--db' requires an argument"),
        ("explain x --lang fr --tasks y", "clearly explain: invalid value for '--lang': 'fr' is not one of"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(typed.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.endswith("--help` shows how\n")
    assert err.count("\n") == 1


def test_a_mistake_of_the_program_itself_is_one_line_that_names_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fall(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(program, "app_for", lambda _: fall)
    assert answer(["version"]) == 70
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    report = Path(err.strip().rpartition(" ")[2])
    assert "KeyError: 'a bug'" in report.read_text(encoding="utf-8")
    report.unlink()


def test_the_version_for_people_and_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["version"]) == 0
    assert re.fullmatch(r"explain-clearly \d+\.\d+\.\d+ \(Python [\d.]+\)\n", capsys.readouterr().out)
    assert answer(["version", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"explain-clearly", "python"}


def test_help_is_quick_because_nothing_heavy_is_imported_for_it() -> None:
    heavy = ("engine", "msgspec", "pydantic", "rich", "sqlite3", "starlette", "structlog", "uvicorn", "yaml")
    code = f"import sys, streams.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOUSE, check=True).stdout == "[]\n"


def test_whoever_stops_reading_is_left_in_peace(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    assert answer(["init", str(folder)]) == 0
    command = [*CLEARLY, "events", "schema", "--rules", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=HOUSE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


def test_output_in_a_pipe_has_no_colours_even_with_another_locale(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PATH": ""}
    done = subprocess.run([*CLEARLY, "init", str(folder)], capture_output=True, cwd=HOUSE, env=environment, check=True)
    assert done.stdout.decode().startswith(f"已新建 made {folder}\n")
    assert b"\x1b" not in done.stdout + done.stderr


# Words ------------------------------------------------------------------------------------------------------------------


def test_both_languages_have_every_phrase_with_the_same_blanks() -> None:
    assert set(WORDS) == set(LANGUAGES)
    blanks = {language: {key: set(re.findall(r"{(\w+)}", text)) for key, text in phrases.items()} for language, phrases in WORDS.items()}
    assert blanks["zh"] == blanks["en"]


def test_chinese_phrases_are_chinese() -> None:
    english = [key for key, text in WORDS["zh"].items() if not re.search(r"[\u4e00-\u9fff“、]", text)]
    assert english == ["rule.where"]
