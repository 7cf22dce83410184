"""`clearly rules shadow` and `promote`: from trial to live, with the reason written down."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from engine.authoring import Trial, trials
from engine.language import read_rules
from engine.source import suggest
from engine.watching import Change
from streams import clock
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, plain_table, print_json, under
from streams.lock import Unusable
from streams.rules import Rules, load
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Console

    from engine.authoring import Criterion
    from engine.language import Rule, Rulebook
    from streams.store import Reader

STATUS = re.compile(r"^status:[ \t]*shadow[ \t]*(#.*)?$", re.MULTILINE)


def show_shadow(db: Path, root: Path, *, as_json: bool) -> int:
    """Print the trials of a folder's shadow rules, and return the exit code."""
    rules = loaded(root)
    found = trials_in(db, rules.book)
    if as_json:
        told = {name: as_value(rules.book.rules[name], trial) for name, trial in found.items()}
        print_json(told)
        return FINE
    screen = console()
    for name, trial in found.items():
        show_trial(screen, rules.book.rules[name], trial)
    if not found:
        screen.print(both("no trials"))
    return FINE


def promote_rule(name: str, root: Path, db: Path, why: str, *, anyway: bool) -> int:
    """Write into the rule's file that it is live, since when and why; refuse one whose criterion is not met, unless told anyway."""
    rules = loaded(root)
    rule = rules.book.rules.get(name)
    if rule is None:
        raise Refused(f"there is no rule '{name}'{suggest(name, rules.book.rules)}", FINDINGS)
    if rule.status != "shadow":
        raise Refused(f"{name} is {rule.status}; only a rule in shadow is promoted", FINDINGS)
    trial = trials_in(db, rules.book).get(name)
    unmet = (
        ["it has never run on this database"]
        if trial is None
        else [criterion_line(one) for one in trial.criteria(rule.goes_live) if not one.met]
    )
    if unmet and not anyway:
        raise Refused(
            [f"{name} is not ready to go live:", *(f"  {line}" for line in unmet), "  --anyway promotes it all the same"], FINDINGS
        )
    path = root / rule.place.file
    text = path.read_text("utf-8")
    day = clock.moment(clock.now()).date().isoformat()
    record = "" if trial is None else f" ({trial.days} days, {trial.tasks} tasks, {trial.withdrawn} withdrawn)"
    line = f"# {day} 转为正式 promoted: {' '.join(why.split())}{record}\nstatus: live"
    written, changed = STATUS.subn(lambda found: line + (f"  {found[1]}" if found[1] else ""), text, count=1)
    if not changed:
        raise Refused(f"{path}: the line 'status: shadow' was not found; write 'status: live' yourself", FINDINGS)
    path.write_text(written, encoding="utf-8")
    console().print(Text.assemble(f"{both('wrote')} ", (str(path), "bold")), soft_wrap=True)
    console().print(Text(f"  {line}".replace("\n", "\n  ")), soft_wrap=True)
    return FINE


def loaded(root: Path) -> Rules:
    """Return the rules of a folder, or refuse them."""
    rules = load(root)
    if not isinstance(rules, Rules):
        raise Refused(rules, FINDINGS)
    return rules


def trials_in(db: Path, book: Rulebook) -> Mapping[str, Trial]:
    """Return the trials of the shadow rules that have run on a database."""
    try:
        reader = open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error
    with closing(reader):
        shadows = {name: rule for name, rule in book.rules.items() if rule.status == "shadow"}
        return trials(begun(reader, shadows), changes(reader), clock.now())


def begun(reader: Reader, shadows: Mapping[str, Rule]) -> dict[str, int]:
    """Return since when each rule has been in shadow, looking for the same as today."""
    found: dict[str, int] = {}
    left = dict(shadows)
    for at, files in reader.ask("SELECT at, files FROM rulebooks ORDER BY number DESC"):
        book = read_rules(msgspec.json.decode(files, type=dict[str, str])).rulebook
        ran = {} if book is None else book.rules
        left = {name: rule for name, rule in left.items() if name in ran and same_trial(rule, ran[name])}
        found.update(dict.fromkeys(left, at))
        if not left:
            break
    return found


def same_trial(now: Rule, then: Rule) -> bool:
    """Return whether an earlier version was on the same trial."""
    return then.status == "shadow" and then.collects == now.collects


def changes(reader: Reader) -> Iterator[Change]:
    """Give everything that was published."""
    for (line,) in reader.ask("SELECT line FROM changes ORDER BY position"):
        yield msgspec.json.decode(line, type=Change)


def criterion_line(one: Criterion) -> str:
    """Return a criterion as a line."""
    return f"{both(one.name)}: {one.found} ({both('wanted')} {one.wanted})"


def show_trial(screen: Console, rule: Rule, trial: Trial) -> None:
    """Print one trial."""
    table = plain_table("", both("wanted"), both("found"), "", right=(both("wanted"), both("found")))
    criteria = trial.criteria(rule.goes_live)
    for one in criteria:
        table.add_row(both(one.name), one.wanted, one.found, Text("✓", style="green") if one.met else Text("✗", style="red"))
    ready = all(one.met for one in criteria)
    under(screen, f"{rule.name} · {' / '.join(dict.fromkeys(rule.title.values()))}", table)
    told = [f"{other} {count}" for other, count in trial.overlap.most_common()]
    screen.print(f"  {both('asked already')}: {', '.join(told) or '—'}", soft_wrap=True)
    screen.print(Text(f"  {both('may go live' if ready else 'not ready')}", style="green" if ready else "yellow"))


def as_value(rule: Rule, trial: Trial) -> dict[str, object]:
    """Return a trial for machines; times in microseconds since 1970."""
    criteria = trial.criteria(rule.goes_live)
    return {
        "begun": trial.begun,
        "days": trial.days,
        "tasks": trial.tasks,
        "withdrawn": trial.withdrawn,
        "overlap": dict(trial.overlap),
        "criteria": [one._asdict() for one in criteria],
        "ready": all(one.met for one in criteria),
    }
