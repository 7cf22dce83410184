"""What the pages say about files and settings is so: examples are read by the program, and nothing that exists is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.language import read_rules
from engine.language.askfile import TASK
from engine.language.relationfile import FOLLOW, PRECEDE
from engine.language.rulefile import RULE, WHEN
from engine.language.testfile import EXPECTED, TEST, TOP
from scripts.event_tables import PAGE, page
from streams.folder import Folder, read_folder

HOUSE = Path(__file__).resolve().parent.parent
RULES_PAGE = (HOUSE / "docs" / "rules.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", RULES_PAGE, re.MULTILINE | re.DOTALL)
RULE_HEAD = """\
rule: example-{}
title: 例子 / Example
owner: somebody
status: draft
reason: an example
"""
RULE_TAIL = """
task:
  severity: minor
  to: area-manager
  due: 1 day
  say: "{title}"
"""


def shipped() -> dict[str, str]:
    """Return the files of our own rules folder."""
    folder = read_folder(HOUSE / "rules")
    assert isinstance(folder, Folder)
    return dict(folder.files)


def placed(blocks: list[str]) -> dict[str, str]:
    """Return our own rules folder with the examples of the page in it: whole files in their own place, `when:` as rules of their own."""
    files = shipped()
    for number, block in enumerate(blocks):
        if block.startswith("when:"):
            files[f"example-{number}.yaml"] = RULE_HEAD.format(number) + block + RULE_TAIL
        else:
            name = re.match(r"rule: (\S+)", block)
            assert name, block
            ending = ".test.yaml" if "\ntests:" in block else ".yaml"
            files[next(path for path in files if path.endswith(f"/{name[1]}{ending}"))] = block
    return files


def test_every_example_of_the_rules_page_is_read_without_a_complaint() -> None:
    examples = [block for block in BLOCKS if not block.startswith("within:")]
    assert len(examples) > 10
    problems = [problem for problem in read_rules(placed(examples)).problems if problem.level == "error"]
    assert not problems, "\n".join(map(str, problems))


@pytest.mark.parametrize(
    ("settings", "of"),
    [(RULE, "a rule"), (WHEN, "when"), (FOLLOW, "what follows"), (PRECEDE, "what comes before"), (TASK, "task"), (TEST, "a story")],
)
def test_every_setting_of_a_rule_file_is_described(settings: tuple[str, ...], of: str) -> None:
    missing = [name for name in settings if f"`{name}`" not in RULES_PAGE and f"{name}: " not in RULES_PAGE]
    assert not missing, f"docs/rules.md does not describe these settings of {of}"


def test_every_word_of_a_rule_test_is_described() -> None:
    assert [name for name in (*TOP, *EXPECTED) if name not in RULES_PAGE] == []


def test_the_tables_of_the_events_page_are_those_of_the_catalogue() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text, "run .venv/bin/python scripts/event_tables.py"


def test_every_setting_of_the_catalogue_is_described() -> None:
    settings = ("title", "time", "late_by", "ahead_by", "id", "revision", "retracts", "sources", "fields", "idle_after")
    by_hand = PAGE.read_text("utf-8").partition("## Every event of the catalogue")[0]
    assert [name for name in settings if f"`{name}`" not in by_hand] == []


def test_the_rule_on_the_first_page_is_the_one_that_ships() -> None:
    block = re.findall(r"^```yaml\n(.*?)^```", (HOUSE / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    assert block in shipped()["outage/repeated-outage.yaml"]


def test_every_rule_that_ships_names_its_source_and_speaks_both_languages() -> None:
    book = read_rules(shipped()).rulebook
    assert book is not None
    for rule in book.rules.values():
        for text in (rule.title["zh"], rule.reason, rule.ask.say):
            assert re.search(r"[\u4e00-\u9fff]", text), f"{rule.name}: {text}"
        for text in (rule.title["en"], rule.reason, rule.ask.say):
            assert re.search(r"[A-Za-z]{3}", text), f"{rule.name}: {text}"
