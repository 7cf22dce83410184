"""Profiles side by side: what there is, and what changes from one to another, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from engine.language import profiles_in
from engine.source import read
from streams.cli.difference import Version, as_json_value, show_difference
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, plain_table, print_json
from streams.difference import difference
from streams.folder import Folder, read_folder
from streams.rules import Rules, load

if TYPE_CHECKING:
    from pathlib import Path

#: How the numbers of the rule files themselves are called.
NONE = "none"


def show_profiles(root: Path, *, as_json: bool) -> int:
    """Print every profile of a folder, and return the exit code."""
    folder = read_folder(root)
    if not isinstance(folder, Folder):
        raise Refused(folder)
    rows = [row(name, folder.files[path], path) for name, path in profiles_in(folder.files).items()]
    if as_json:
        print_json(rows)
        return FINE
    heads = [both(key) for key in ("profile", "profile title", "rules changed", "rules off")]
    table = plain_table(*heads, right=tuple(heads[2:]))
    for one in rows:
        table.add_row(Text(one["profile"], style="bold"), one["title"], str(one["changed"]), str(one["off"]))
    console().print(table)
    return FINE


def row(name: str, text: str, path: str) -> dict[str, Any]:
    """Return what a profile says of itself; of one that cannot be read, its name."""
    document, _ = read(text, path)
    data = document.data if document is not None and isinstance(document.data, dict) else {}
    rules = data.get("rules")
    entries = list(rules.values()) if isinstance(rules, dict) else []
    off = sum(isinstance(one, dict) and one.get("status") == "retired" for one in entries)
    return {"profile": name, "title": data.get("title", ""), "reason": data.get("reason", ""), "changed": len(entries) - off, "off": off}


def compare_profiles(root: Path, before: str, after: str, *, as_json: bool) -> int:
    """Show what changes from one profile to another, and return the exit code."""
    old, new = version(root, before), version(root, after)
    found = difference(old.rules, new.rules)
    found.files.clear()  # the choice itself, which the heading says
    if as_json:
        value = as_json_value(found, old, new, {}, None)
        print_json(value)
    else:
        show_difference(console(), found, (old, new), {})
    return FINE


def version(root: Path, name: str) -> Version:
    """Return the rules of a folder under a profile, or refuse them."""
    rules = load(root, None if name == NONE else name)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    return Version(rules, name, root)
