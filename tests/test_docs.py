"""Documents are tested like code: what they point at is there, and what must be in them is in them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

HOUSE = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md"), *(HOUSE / "changelog.d").glob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", flags=re.MULTILINE | re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2}")
#: A fragment of the changelog is a sentence, not a document.
FRAGMENT = re.compile(r"\d+\.\w+(\.\d+)?\.md")
KINDS = ("added", "changed", "fixed", "removed")


def named(path: Path) -> str:
    """Return a path as a person would write it."""
    return path.relative_to(HOUSE).as_posix()


def anchors(document: Path) -> set[str]:
    """Return the names that links into a document may use: its headings, as the common code hosts make them."""
    headings = re.findall(
        r"^#+\s+(.+?)\s*#*$", CODE.sub(lambda code: code[0].strip("`").replace("\n", " "), document.read_text("utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path) -> list[str]:
    """Return the links of a document that lead nowhere. Addresses on the web are not asked."""
    found = []
    for target in LINK.findall(CODE.sub("", document.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        place = (document.parent / name).resolve() if name else document
        if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            found.append(target)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert not broken(document)


@pytest.mark.parametrize("document", [document for document in DOCUMENTS if not FRAGMENT.fullmatch(document.name)], ids=named)
def test_a_document_says_in_its_first_line_what_it_is(document: Path) -> None:
    assert document.read_text("utf-8").startswith("# ")


def test_every_document_can_be_found_from_the_index() -> None:
    index = HOUSE / "docs" / "README.md"
    reached, todo = set(), [index]
    while todo:
        document = todo.pop()
        if document in reached or document.suffix != ".md" or not document.exists():
            continue
        reached.add(document)
        links = (link.partition("#")[0] for link in LINK.findall(document.read_text("utf-8")) if not re.match(r"[a-z]+:", link))
        todo += [(document.parent / link).resolve() for link in links if link]
    lost = [named(path) for path in (HOUSE / "docs").rglob("*.md") if path not in reached]
    assert not lost, f"no way from docs/README.md to {lost}"


def decisions() -> list[Path]:
    """Return the decisions, oldest first."""
    return sorted((HOUSE / "docs" / "decisions").glob("[0-9]*.md"))


def test_every_decision_is_in_the_index_with_its_own_title() -> None:
    index = (HOUSE / "docs" / "decisions" / "README.md").read_text("utf-8")
    for decision in decisions():
        title = re.sub(r"^# \d+ ", "", decision.read_text("utf-8").splitlines()[0])
        assert f"[{title}]({decision.name})" in index


def test_no_two_decisions_share_a_number() -> None:
    numbers = [path.name[:4] for path in decisions()]
    assert sorted(set(numbers)) == sorted(numbers)


@pytest.mark.parametrize("decision", decisions(), ids=lambda path: path.stem)
def test_a_decision_says_why_and_what_follows(decision: Path) -> None:
    text = decision.read_text("utf-8")
    assert re.match(rf"# {decision.name[:4]} \S", text)
    assert [heading for heading in ("## Why", "## Decision", "## What follows") if heading not in text] == []


def terms() -> list[tuple[str, str, str]]:
    """Return the rows of the glossary: 中文, English, meaning."""
    rows = re.findall(r"^\| (?!---)(.+?) \| (.+?) \| (.+?) \|$", (HOUSE / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    return [row for row in rows if row[0] != "中文"]


def test_every_term_of_the_glossary_has_both_languages_and_a_meaning() -> None:
    assert len(terms()) > 50
    for chinese, english, meaning in terms():
        assert CHINESE.search(chinese), chinese
        assert LATIN.search(english), english
        assert LATIN.search(meaning), meaning


def test_no_term_is_explained_twice() -> None:
    english = [row[1] for row in terms()]
    chinese = [row[0] for row in terms()]
    assert sorted(set(english)) == sorted(english)
    assert sorted(set(chinese)) == sorted(chinese)


@pytest.mark.parametrize("picture", sorted((HOUSE / "docs").rglob("*.svg")), ids=named)
def test_a_picture_can_be_read_aloud(picture: Path) -> None:
    """It is well formed and carries a title and a description for those who cannot see it."""
    root = ET.parse(picture).getroot()  # noqa: S314 - our own picture
    for part in ("title", "desc"):
        assert root.findtext(f"{{http://www.w3.org/2000/svg}}{part}"), part


def test_fragments_of_the_changelog_have_a_kind_that_is_compiled() -> None:
    fragments = [path.name for path in (HOUSE / "changelog.d").iterdir() if path.name != "README.md"]
    assert not [name for name in fragments if not re.fullmatch(rf"\d+\.(?:{'|'.join(KINDS)})(?:\.\d+)?\.md", name)]


def test_every_make_target_can_be_found_in_the_documents() -> None:
    targets = re.findall(r"^([a-z-]+):.*  ## ", (HOUSE / "Makefile").read_text("utf-8"), re.MULTILINE)
    contributing = (HOUSE / "CONTRIBUTING.md").read_text("utf-8")
    assert [target for target in targets if f"make {target}" not in contributing] == []
