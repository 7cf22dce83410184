"""libyaml and Python give the same nodes in the same places, or libyaml gives up and Python says what is wrong."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.source.document import PlainLoader
from engine.source.quick import quick_node

HOUSE = Path(__file__).resolve().parent.parent.parent
FILES = sorted(path for folder in ("rules", "streams/template") for path in (HOUSE / folder).rglob("*.yaml"))
SCRAPS = [*":-#{}[],\n \"'|>%@`=.~0aé中", "  ", "\n\n", "\n  ", ": ", " #", "- ", "|\n", ">-\n", "''"]


def seen(node: yaml.Node) -> Any:
    """Return everything that is used of a node: what it says, and where it stands."""
    mark = node.start_mark
    place = (mark.line, mark.column, mark.index)
    if isinstance(node, yaml.MappingNode):
        return place, [(seen(key), seen(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return place, [seen(one) for one in node.value]
    return place, node.end_mark.index, node.value


def slowly(text: str) -> yaml.Node | None:
    """Return the node as Python reads it."""
    loader = PlainLoader(text)
    node = loader.get_node() if loader.check_node() else None
    assert not loader.check_node(), "a second document is for Python to see"
    return node


def mangled(text: str, chance: random.Random) -> str:
    """Return a text with something left out or put in."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        text = text[:at] + (text[at + chance.randint(1, 6) :] if chance.random() < 0.4 else chance.choice(SCRAPS) + text[at:])
    return text


@pytest.mark.parametrize("file", [path for path in FILES if path.stat().st_size < 40_000], ids=lambda path: path.name)
def test_our_own_files_are_read_alike(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    quick, slow = quick_node(text), slowly(text)
    assert slow is not None
    assert quick is None or seen(quick) == seen(slow)


def test_most_of_our_files_are_read_quickly() -> None:
    assert sum(quick_node(path.read_text(encoding="utf-8")) is not None for path in FILES) >= 0.9 * len(FILES)


@pytest.mark.parametrize("seed", range(4))
def test_files_with_slips_are_read_alike_or_left_to_python(seed: int) -> None:
    chance = random.Random(seed)
    texts = [text for path in FILES if len(text := path.read_text(encoding="utf-8")) < 3_000]
    quick = 0
    for _ in range(60):
        text = mangled(chance.choice(texts), chance)
        found = quick_node(text)
        if found is not None:
            quick += 1
            slow = slowly(text)
            assert slow is not None
            assert seen(found) == seen(slow), text
    assert quick > 10


@pytest.mark.parametrize(
    "text", ["a: &b c", "a: *b", "a: !x c", "- !!str c", "a: b\n---\nc: d", "%YAML 1.1\n---\na: b", "a:\tb", "{a: , b: c}", "a: b\r\nc: d"]
)
def test_what_is_not_plain_is_left_to_python(text: str) -> None:
    assert quick_node(text) is None
