"""The transition table for people: as a table in Markdown, read back row by row, and as a picture in Mermaid."""

from __future__ import annotations

from engine.casework.state import STATES
from engine.casework.table import ROWS, Row

COLUMNS = ("#", "from", "event", "guard", "to", "who", "entry", "effect", "also")


def table() -> str:
    """Return the table in Markdown."""
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *(cells(row) for row in ROWS)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(row: Row) -> tuple[str, ...]:
    """Return one row as its cells."""
    who, sources, guard = ", ".join(row.who), ", ".join(row.sources) or "∅", " ∧ ".join(row.guard)
    return str(row.number), sources, row.event, guard, row.target, who, row.kind, row.effect, row.also


def read_table(text: str) -> tuple[Row, ...]:
    """Return the rows of a table in Markdown; other tables of the text are passed over."""
    rows = []
    for line in text.splitlines():
        found = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(found) == len(COLUMNS) and found[0].isdecimal():
            number, sources, event, guard, target, who, kind, effect, also = found
            parts = tuple(sources.split(", ")) if sources != "∅" else ()
            guards = tuple(guard.split(" ∧ ")) if guard else ()
            rows.append(Row(int(number), parts, event, guards, target, tuple(who.split(", ")), kind, also, effect))
    return tuple(rows)


def picture() -> str:
    """Return the states and the ways between them in Mermaid; what keeps a state is not drawn."""
    ways: dict[tuple[str, str], list[str]] = {}
    for row in ROWS:
        for source in row.sources or ("[*]",):
            targets = ("ISSUED", "ACKED") if row.target == "prior" else (row.target,)
            for target in targets:
                if target not in {"=", source}:
                    ways.setdefault((source, target), []).append(row.event)
    lines = ["stateDiagram-v2", *(f"  {state.name} : {state.name} {state.zh}" for state in STATES.values())]
    lines += [f"  {source} --> {target} : {', '.join(dict.fromkeys(events))}" for (source, target), events in ways.items()]
    return "\n".join(lines)
