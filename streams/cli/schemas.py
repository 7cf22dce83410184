"""`clearly rules schema`: what editors need to know about rule files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.authoring import RULE_SCHEMA, STORY_SCHEMA, rule_schema, story_schema
from streams.cli.outcome import FINE, Refused
from streams.cli.screen import both, console, print_json
from streams.rules import Rules, load

if TYPE_CHECKING:
    from pathlib import Path

    from engine.language import Rulebook


def write_schemas(root: Path, *, as_json: bool) -> int:
    """Write the schemas into the folder, or as JSON to standard output; say how files name them; return the exit code."""
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, code=1)
    if as_json:
        value = {"rule": rule_schema(rules.book), "test": story_schema(rules.book)}
        print_json(value)
        return FINE
    screen = console()
    for name, text in schemas_of(rules.book).items():
        (root / name).write_text(text, encoding="utf-8")
        screen.print(f"{both('wrote')} {root / name}", soft_wrap=True)
        screen.print(f"  # yaml-language-server: $schema=../{name}")
    return FINE


def schemas_of(book: Rulebook) -> dict[str, str]:
    """Return the schema files of a folder, by name."""
    made = {RULE_SCHEMA: rule_schema(book), STORY_SCHEMA: story_schema(book)}
    return {name: msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n" for name, schema in made.items()}
