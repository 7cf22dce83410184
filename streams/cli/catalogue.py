"""`clearly events schema`: the catalogue for whoever sends events."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from engine.events import json_schema
from engine.source import suggest
from streams.cli.mapping import catalogue_in
from streams.cli.outcome import FINDINGS, FINE, Refused


def write_schema(rules: Path | None, name: str | None) -> int:
    """Print the JSON Schema of a catalogue, and return the exit code."""
    catalogue = catalogue_in(rules if rules is not None else Path("rules"))
    schema: dict[str, Any] = json_schema(catalogue)
    if name is not None:
        if name not in catalogue.types:
            raise Refused(f"--type {name}: there is no such event{suggest(name, catalogue.types)}", FINDINGS)
        schema = json_schema(type(catalogue)({name: catalogue.types[name]}, catalogue.zone))
    sys.stdout.write(json.dumps(schema, ensure_ascii=False, indent=2) + "\n")
    return FINE
