"""YAML as people write it: every scalar is text, every key and value keeps its place, and doubtful YAML is refused.

YAML's own types are switched off (`no` stays the word no, `10:00` stays a time of day); what a word means is for our schema to
say. Duplicate keys, anchors, aliases and tags are problems with a place, never an exception and never a silent choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from engine.source.place import Place, Problem
from engine.source.quick import quick_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    Path = tuple[str | int, ...]

#: A file that people write and read has an end; a megabyte is more than a hundred times the longest rule file.
LONGEST = 1_000_000
DEEPEST = 30
ACCEPTED = re.compile(r"#\s*lint-ok\b:?\s*(\S*)\s*(.*)")
#: What stands before the text itself: a quotation mark, or the header of a block.
OPENING = re.compile(r"""["']|[|>][^\n]*\n""")
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(slots=True)
class Document:
    """A file that was understood as YAML. `data` holds mappings, lists and text only."""

    file: str
    data: Any
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    #: line -> codes that `# lint-ok: code reason` accepts there, or on the line below a comment that stands alone
    accepted: Mapping[int, frozenset[str]] = field(default_factory=dict)
    text: str = ""
    #: path of a text -> where it begins and ends in the file's text, quotation marks included
    spans: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """Return where the value at `path` stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1, 1))

    def key_place(self, path: Path) -> Place:
        """Return where the key that ends `path` stands, or the nearest thing around it."""
        return self.keys.get(path) or self.place(path)

    def place_in(self, path: Path, value: str, offset: int) -> Place:
        """Return where a character of the text at `path` stands, although YAML has unfolded its lines and taken off its quotes."""
        start = self.place(path)
        begin, end = self.spans.get(path, (0, 0))
        raw = self.text[begin:end]
        if raw.startswith(value):
            return Place(self.file, start.line, start.column + offset)
        if raw[:1] == '"' and "\\" in raw:
            return Place(self.file, start.line, start.column + 1 + offset)
        head = OPENING.match(raw)
        seen = [place for place in range(head.end() if head else 0, len(raw)) if not raw[place].isspace()]
        before = sum(not letter.isspace() for letter in value[:offset])
        if not seen:
            return start
        found = seen[before] if before < len(seen) else seen[-1] + 1
        return Place(self.file, *position(self.text, begin + found))


def read(text: str, file: str) -> tuple[Document | None, list[Problem]]:
    """Return the document and its problems; None where nothing of it can be used. Never raises."""
    start = Place(file, 1, 1)
    if len(text) > LONGEST:
        return None, [Problem(start, "too-long", f"the file has {len(text):,} characters; {LONGEST:,} is the most")]
    if deepest(text) > DEEPEST:
        return None, [Problem(start, "too-deep", f"brackets are nested more than {DEEPEST} deep")]
    reader = Reader(file)
    try:
        node = composed(text, reader)
    except Refused as error:
        return None, [Problem(Place(file, error.mark.line + 1, error.mark.column + 1), error.code, error.say)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else start
        return None, [*reader.problems, Problem(place, "yaml", f"this is not YAML: {error.problem or error.context}")]
    except yaml.YAMLError as error:
        place = Place(file, *position(text, getattr(error, "position", 0)))
        return None, [Problem(place, "yaml", f"a character that YAML does not allow: {getattr(error, 'reason', 'unknown')}")]
    except (RecursionError, ValueError) as error:
        return None, [Problem(start, "yaml", f"this is not YAML: {type(error).__name__.lower()}")]
    if node is None:
        return None, [Problem(start, "empty", "the file is empty")]
    data = reader.value(node, ())
    accepted = accepted_in(text, reader)
    return Document(file, data, reader.places, reader.keys, accepted, text, reader.spans), reader.problems


class Refused(Exception):  # noqa: N818 - a word of the file, not a fault of the program
    """A word of YAML that we do not use."""

    def __init__(self, mark: yaml.Mark, code: str, say: str) -> None:
        super().__init__(say)
        self.mark = mark
        self.code = code
        self.say = say


class PlainLoader(yaml.BaseLoader):
    """YAML without types, anchors, aliases and tags: the scanner refuses the last three where they stand."""

    def fetch_alias(self) -> None:
        """Refuse an alias."""
        self.refuse_anchor()

    def fetch_anchor(self) -> None:
        """Refuse an anchor."""
        self.refuse_anchor()

    def refuse_anchor(self) -> None:
        """Refuse an anchor or an alias."""
        told = "anchors and aliases (& and *) are not used here; write the value out, or quote it"
        raise Refused(self.get_mark(), "no-anchors", told)

    def fetch_tag(self) -> None:
        """Refuse a tag."""
        raise Refused(self.get_mark(), "no-tags", "tags (!) are not used here; write the plain value, or quote it")


def composed(text: str, reader: Reader) -> yaml.Node | None:
    """Return the first document of a text as YAML's own nodes; a second one is a problem."""
    if (quick := quick_node(text)) is not None:
        return quick
    loader = PlainLoader(text)
    node = loader.get_node() if loader.check_node() else None
    second = loader.get_node() if loader.check_node() else None
    if second is not None:
        reader.say(second, "one-document", "a second document begins here; one file holds one document")
    return node


def accepted_in(text: str, reader: Reader) -> dict[int, frozenset[str]]:
    """Return, by line, the codes that comments accept; a comment without a reason is a problem."""
    accepted: dict[int, frozenset[str]] = {}
    for number, line in enumerate(LINE_END.split(text), start=1):
        found = ACCEPTED.search(line)
        if found is None:
            continue
        if not found[2].strip():
            place = Place(reader.file, number, found.start() + 1)
            told = "write '# lint-ok: code reason'; without a reason it accepts nothing"
            reader.problems.append(Problem(place, "lint-ok", told, "warning"))
            continue
        alone = not line[: found.start()].strip()
        on = number + 1 if alone else number
        accepted[on] = accepted.get(on, frozenset()) | {found[1]}
    return accepted


def deepest(text: str) -> int:
    """Return how deep brackets and indentation go, without parsing: the parser itself must not run out of stack."""
    depth = most = 0
    for letter in text:
        if letter in "[{":
            depth += 1
            most = max(most, depth)
        elif letter in "]}":
            depth = max(0, depth - 1)
    dashes = max((line.count("- ") for line in text.splitlines()), default=0)
    lead = max((len(line) - len(line.lstrip(" ")) for line in text.splitlines()), default=0)
    return max(most, dashes if dashes > 2 * DEEPEST else 0, lead // 8)


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of a character."""
    before = text[: max(0, offset)]
    ends = list(LINE_END.finditer(before))
    return len(ends) + 1, len(before) - (ends[-1].end() if ends else 0) + 1


class Reader:
    """Turns YAML nodes into plain values, noting places and problems on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.spans: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def where(self, node: yaml.Node) -> Place:
        """Return where a node stands."""
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def say(self, node: yaml.Node, code: str, text: str) -> None:
        """Note a problem at a node."""
        self.problems.append(Problem(self.where(node), code, text))

    def value(self, node: yaml.Node, path: Path) -> Any:
        """Return the value of a node."""
        self.places[path] = self.where(node)
        if len(path) > DEEPEST:
            self.say(node, "too-deep", f"nested more than {DEEPEST} deep")
            return ""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        self.spans[path] = (node.start_mark.index, node.end_mark.index)
        return str(node.value)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """Return a mapping; of two equal keys the first one holds and the second is a problem."""
        held: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.say(key, "key", "a key must be a word, not a list")
                continue
            name = str(key.value)
            if name in held:
                self.say(key, "written-twice", f"'{name}' is written twice")
                continue
            self.keys[*path, name] = self.where(key)
            held[name] = self.value(value, (*path, name))
        return held
