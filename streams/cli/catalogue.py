"""`clearly events schema` and `asyncapi`: the catalogue and the topics for whoever connects other systems."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from engine.events import json_schema
from engine.source import suggest
from streams.asyncapi import document
from streams.cli.mapping import catalogue_in
from streams.cli.outcome import FINDINGS, FINE, Refused


class Plain(yaml.SafeDumper):
    """Writes everything out where it stands: a reader of AsyncAPI need not know YAML's own references."""

    def ignore_aliases(self, data: object) -> bool:
        """Return that there are none."""
        return True


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


def write_asyncapi(rules: Path | None) -> int:
    """Print the AsyncAPI document of a rules folder as YAML, and return the exit code."""
    catalogue = catalogue_in(rules if rules is not None else Path("rules"))
    told = document(catalogue, metadata.version("explain-clearly"))
    sys.stdout.write(yaml.dump(told, Dumper=Plain, allow_unicode=True, sort_keys=False, width=140))
    return FINE
