"""Write the tables of docs/events.md anew from rules/catalogue.yaml: every event type, every field, in both languages.

What stands above the mark is written by hand and kept. tests/test_docs.py says when the tables are old.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.events import read_catalogue
from engine.source import read

if TYPE_CHECKING:
    from engine.events import Catalogue, EventType, Field

HOUSE = Path(__file__).resolve().parent.parent
PAGE = HOUSE / "docs" / "events.md"
MARK = "<!-- The tables below are made by scripts/event_tables.py from rules/catalogue.yaml. -->\n"


def load() -> tuple[Catalogue, dict[str, Any]]:
    """Return the catalogue, and the same as it is written."""
    document, problems = read((HOUSE / "rules" / "catalogue.yaml").read_text(encoding="utf-8"), "catalogue.yaml")
    catalogue, more = read_catalogue(document) if document is not None else (None, [])
    if document is None or catalogue is None:
        sys.exit("\n".join(map(str, [*problems, *more])))
    return catalogue, document.data["events"]


def worded(field: Field) -> str:
    """Return what a field holds."""
    unit = f" ({field.unit})" if field.unit else ""
    choices = ": " + ", ".join(f"`{choice}`" for choice in field.choices) if field.choices else ""
    return f"{field.kind}{unit}{choices}"


def needed(field: Field) -> str:
    """Return whether a field must be there."""
    if field.placed:
        return "from the grid"
    return "may be missing" if field.optional else "required"


def table(kind: EventType, written: dict[str, Any]) -> str:
    """Return the part of the page that describes one event type."""
    facts = [f"time `{kind.time}`", "id " + " + ".join(f"`{name}`" for name in kind.id), f"late by {written['late_by']}"]
    if kind.revision:
        facts.append(f"revision `{kind.revision}`")
    if kind.retracts:
        facts.append("withdraws " + ", ".join(f"`{name}`" for name in kind.retracts))
    lines = [f"### {kind.name}", "", f"{kind.title['zh']} / {kind.title['en']}. " + "; ".join(facts) + ".", ""]
    lines += ["| field | 中文 | meaning | holds | |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | {field.title['zh']} | {field.title['en']} | {worded(field)} | {needed(field)} |"
        for name, field in kind.fields.items()
    ]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """Return everything below the mark."""
    catalogue, written = load()
    return "\n" + "\n".join(table(kind, written[name]) for name, kind in catalogue.types.items())


def page(text: str) -> str:
    """Return the page with new tables."""
    return text[: text.index(MARK)] + MARK + tables()


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
