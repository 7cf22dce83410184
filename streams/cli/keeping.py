"""Rules as their owners look after them: how far each is, whose it is, and which ones nobody would miss."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from engine.authoring import Record, records
from engine.calendar import show_instant
from streams import clock
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.promotion import changes
from streams.cli.question import Where, reader_of, rules_in
from streams.cli.screen import both, console, plain_table, print_json
from streams.cli.standing import NOTHING_YET, STYLES, size, two_lines
from streams.embedded import status
from streams.rules import Rules, load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.language import Rule

AWAKE = frozenset({"live", "shadow"})
#: What a row of `status` holds, beside the rule's name.
COLUMNS = ("status", "version", "watermark", "waiting", "next deadline", "keys", "state", "tasks", "last told", "no key", "late facts")
NUMBERS = ("waiting", "keys", "state", "tasks", "no key", "late facts")


def told(value: object) -> int:
    """Write a value as JSON, and return the exit code."""
    print_json(value)
    return FINE


# Status -----------------------------------------------------------------------------------------------------------------


def show_status(db: Path, *, as_json: bool) -> int:
    """Print how far each rule is, by the last commit, and return the exit code."""
    with closing(reader_of(db)) as reader:
        rules, figures, found = rules_in(reader, Where(db)), status(reader).rules, records(changes(reader))
    rows = {name: row(rules.book.rules.get(name), one, found.get(name, Record())) for name, one in sorted(figures.items())}
    if as_json:
        return told(rows)
    heads = [two_lines(key) for key in COLUMNS]
    screen = console()
    # what does not fit stands below, so that a number is never broken
    halves = (COLUMNS,) if screen.width >= 150 else (COLUMNS[:5], COLUMNS[5:])
    for number, keys in enumerate(halves):
        table = plain_table(
            two_lines("rule"), *(heads[COLUMNS.index(key)] for key in keys), right=tuple(map(two_lines, NUMBERS)), wrap=(two_lines("rule"),)
        )
        for name, one in rows.items():
            shown = cells(one, rules.book.zone)
            table.add_row(Text(name, style="bold"), *(shown[key] for key in keys))
        if number:
            screen.print()
        screen.print(table)
    return FINE


def row(rule: Rule | None, one: Any, record: Record) -> dict[str, Any]:
    """Return everything that is known of a rule; times in microseconds since 1970."""
    figures: dict[str, Any] = msgspec.to_builtins(one)
    return figures | {
        "version": None if rule is None else rule.version,
        "owner": None if rule is None else rule.owner,
        "tasks": record.opened,
        "standing": len(record.standing),
        "last_told": record.last,
    }


def cells(one: Mapping[str, Any], zone: str) -> dict[str, str | Text]:
    """Return a row as people read it."""
    return {
        "status": Text(one["status"], style=STYLES.get(one["status"], "")),
        "version": one["version"] or "—",
        "watermark": moment(one["watermark"], zone),
        "waiting": f"{one['waiting']:,}",
        "next deadline": moment(one["next_deadline"], zone),
        "keys": f"{one['watches']:,}",
        "state": size(one["bytes"]),
        "tasks": f"{one['tasks']:,}",
        "last told": moment(one["last_told"], zone),
        "no key": f"{one['no_key']:,}",
        "late facts": f"{one['late_facts']:,}",
    }


def moment(at: int | None, zone: str) -> str:
    """Return a moment to the minute."""
    return "—" if at is None or at < NOTHING_YET else show_instant(at // 1_000_000 * 1_000_000, zone)[:16]


# Owners -----------------------------------------------------------------------------------------------------------------


def show_owners(db: Path | None, root: Path | None, *, as_json: bool) -> int:
    """Print whose rules these are, and return the exit code."""
    if db is None and root is None:
        raise Refused("clearly rules owners: say which rules: --rules DIR or --db FILE")
    rules, found = rules_and_records(db, root)
    by_owner: dict[str, list[Rule]] = {}
    for rule in sorted(rules.book.rules.values(), key=lambda rule: (rule.owner, rule.name)):
        by_owner.setdefault(rule.owner, []).append(rule)
    if as_json:
        return told({owner: [owned(rule, found) for rule in mine] for owner, mine in by_owner.items()})
    keys = ("owner", "rule", "status", "review by", *(("tasks", "open tasks") if db is not None else ()))
    table = plain_table(*map(both, keys), "", right=(both("tasks"), both("open tasks")), wrap=("",))
    for owner, mine in by_owner.items():
        for number, rule in enumerate(mine):
            record = found.get(rule.name, Record())
            counts = (f"{record.opened:,}", f"{len(record.standing):,}") if db is not None else ()
            name = Text(owner if number == 0 else "", style="bold")
            status_of = Text(rule.status, style=STYLES.get(rule.status, ""))
            table.add_row(name, rule.name, status_of, rule.review_by or "—", *counts, " / ".join(dict.fromkeys(rule.title.values())))
    console().print(table)
    return FINE


def rules_and_records(db: Path | None, root: Path | None) -> tuple[Rules, dict[str, Record]]:
    """Return the rules of a folder, or those that a database ran last, and what they have told on that database."""
    if db is not None:
        with closing(reader_of(db)) as reader:
            return rules_in(reader, Where(db, root)), records(changes(reader))
    assert root is not None, "who has neither is refused"
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    return rules, {}


def owned(rule: Rule, found: Mapping[str, Record]) -> dict[str, Any]:
    """Return a rule of an owner for machines."""
    record = found.get(rule.name, Record())
    return {
        "rule": rule.name,
        "title": dict(rule.title),
        "status": rule.status,
        "review_by": rule.review_by,
        "reason": rule.reason,
        "tasks": record.opened,
        "standing": len(record.standing),
    }


# Stale ------------------------------------------------------------------------------------------------------------------


def show_stale(db: Path, root: Path | None, *, as_of: str | None, as_json: bool) -> int:
    """Print the rules that nobody would miss, and return the exit code: 1 where there are any."""
    today = day(as_of)
    rules, found = rules_and_records(db, root)
    stale = {name: why for name, rule in sorted(rules.book.rules.items()) if (why := reasons(rule, found, today))}
    if as_json:
        told({name: {"owner": rules.book.rules[name].owner, "why": [one for one, _ in why]} for name, why in stale.items()})
        return FINDINGS if stale else FINE
    screen = console()
    if not stale:
        screen.print(both("nothing stale"))
        return FINE
    table = plain_table(both("rule"), both("owner"), both("why"), wrap=(both("why"),))
    for name, why in stale.items():
        for number, (key, values) in enumerate(why):
            first = (Text(name, style="bold"), rules.book.rules[name].owner) if number == 0 else ("", "")
            table.add_row(*first, both(f"stale.{key}", **values))
    screen.print(table)
    return FINDINGS


def reasons(rule: Rule, found: Mapping[str, Record], today: date) -> list[tuple[str, dict[str, Any]]]:
    """Return why a rule may be stale: what, and the values of the phrase."""
    if rule.status == "retired":
        return []
    record, why = found.get(rule.name, Record()), list[tuple[str, dict[str, Any]]]()
    if rule.status in AWAKE and not record.opened:
        why.append(("never", {}))
    why += [("together", {"rule": other, "count": len(record.evidence)}) for other in record.always_with]
    if rule.review_by is not None and date.fromisoformat(rule.review_by) < today:
        why.append(("review", {"date": rule.review_by}))
    return why


def day(text: str | None) -> date:
    """Return a date that was written on the command line, or today."""
    try:
        return clock.moment(clock.now()).date() if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--as-of {text}: not a date; write for example 2026-03-01") from error
