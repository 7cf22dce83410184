"""`clearly rules weak-spots`: what could be changed in a rule without any story noticing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from engine.rehearsal import idle_reasons, share, worst_first
from engine.source import suggest
from streams.cli.history import stopping
from streams.cli.outcome import FINDINGS, FINE, STOPPED, Refused
from streams.cli.problems import checked
from streams.cli.screen import Meter, bar, both, console, plain_table, print_json
from streams.weakspots import Found, Search, weak_spots

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from engine.rehearsal import Spot
    from streams.cli.problems import Checked

#: Holes that are listed, and stories that are shown, where nobody asks for all.
HOLES, STORIES = 20, 3


class Asked(NamedTuple):
    """What is wanted of a search: the share that must be noticed, in percent, how it is told, and whose numbers hold."""

    at_least: float | None = None
    every: bool = False
    fresh: bool = False
    as_json: bool = False
    profile: str | None = None


def find_weak_spots(root: Path, names: Sequence[str], asked: Asked) -> int:
    """Search the rules of a folder, show what nothing notices, and return the exit code."""
    found = checked(root, profile=asked.profile)
    book = found.folder.rulebook
    if book is None:
        raise Refused([str(one) for one in found.findings if one.level == "error"], FINDINGS)
    for name in names:
        if name not in book.rules:
            raise Refused(f"--rule {name}: there is no such rule{suggest(name, book.rules)}", FINDINGS)
    chosen = [name for name, rule in book.rules.items() if (not names or name in names) and rule.status != "retired"]
    search = Search(found.files, found.folder, chosen, keep=None if asked.fresh else root)
    with stopping() as is_stopped, Meter() as meter:
        spots = weak_spots(search, meter, is_stopped)
    if asked.as_json:
        print_json(as_value(root, spots))
    else:
        show(console(), root, spots, asked, idle(found, spots))
    if not spots.is_whole:
        return STOPPED
    return FINDINGS if spots.broken or (asked.at_least is not None and share(spots.spots) * 100 < asked.at_least) else FINE


def idle(found: Checked, spots: Found) -> list[str]:
    """Return the comments that accept nothing, each with its place."""
    book = found.folder.rulebook
    assert book is not None
    files = {spot.file for spot in spots.spots}
    texts = {file: found.folder.documents[file].text for file in sorted(files)}
    return [
        f"{file}:{line}: this 'weak-ok' {why}"
        for file, text in texts.items()
        for line, why in idle_reasons(text, [spot for spot in spots.spots if spot.file == file])
    ]


def as_value(root: Path, found: Found) -> dict[str, object]:
    """Return a search for machines: what nothing notices first, then what need not be noticed, with its reason."""
    counts = Counter(spot.verdict for spot in found.spots)
    by_rule: dict[str, list[Spot]] = {}
    for spot in found.spots:
        by_rule.setdefault(spot.rule, []).append(spot)
    excused = [spot for spot in found.spots if spot.verdict in {"equal", "accepted"}]
    return {
        "share": round(share(found.spots), 4),
        **{verdict: counts[verdict] for verdict in ("noticed", "unnoticed", "equal", "accepted")},
        "whole": found.is_whole,
        "broken": found.broken,
        "rules": {name: {"share": round(share(spots), 4), "changes": len(spots)} for name, spots in sorted(by_rule.items())},
        "spots": [spot._asdict() | {"file": str(root / spot.file)} for spot in (*worst_first(found.spots), *excused)],
    }


def show(screen: Console, root: Path, found: Found, asked: Asked, idle_lines: Sequence[str]) -> None:
    """Print a line for each rule, what nothing notices, and the stories that would."""
    show_rules(screen, found)
    holes = worst_first(found.spots)
    listed = holes if asked.every else holes[:HOLES]
    if listed:
        screen.print()
    for spot in listed:
        screen.print(Text(f"{root}/{spot}", style="yellow" if spot.harm > 2 else "red"), soft_wrap=True)
    if len(listed) < len(holes):
        screen.print(Text(f"{both('more', count=len(holes) - len(listed))} (--all)", style="dim"))
    show_stories(screen, holes, asked)
    for line in idle_lines:
        screen.print(Text(f"{root}/{line}", style="yellow"), soft_wrap=True)
    for line in found.broken:
        screen.print(Text(f"{root}/{line}", style="red"), soft_wrap=True)
    if not found.is_whole:
        screen.print(Text(both("stopped"), style="yellow"))
    counts = Counter(spot.verdict for spot in found.spots)
    tried = counts["noticed"] + counts["unnoticed"]
    said = both("weak share", noticed=counts["noticed"], tried=tried, percent=f"{share(found.spots):.1%}" if tried else "–")
    excused = (
        f"; {both('weak excused', equal=counts['equal'], accepted=counts['accepted'])}" if counts["equal"] + counts["accepted"] else ""
    )
    screen.print()
    screen.print(Text(said + excused, style="bold"), soft_wrap=True)


def show_rules(screen: Console, found: Found) -> None:
    """Print how much of each rule its stories notice, worst first."""
    by_rule: dict[str, list[Spot]] = {}
    for spot in found.spots:
        by_rule.setdefault(spot.rule, []).append(spot)
    table = plain_table(both("rule"), both("noticed"), "", right=(both("noticed"),))
    for name, spots in sorted(by_rule.items(), key=lambda pair: (share(pair[1]), pair[0])):
        table.add_row(Text(name, style="bold"), f"{share(spots):.0%}", bar(round(share(spots) * 1000), 1000, 30))
    screen.print(table)


def show_stories(screen: Console, holes: Sequence[Spot], asked: Asked) -> None:
    """Print the stories that would notice, each once, under the file that they belong into."""
    stories: dict[tuple[str, str], int] = {}
    for spot in holes:
        if spot.story:
            place = (f"{spot.file.removesuffix('.yaml')}.test.yaml", spot.story)
            stories[place] = stories.get(place, 0) + 1
    shown = list(stories.items())[: None if asked.every else STORIES]
    for (file, story), count in shown:
        screen.print()
        screen.print(Text(f"{file}: {both('weak story', count=count)}", style="bold cyan"), soft_wrap=True)
        screen.print(Text(story), soft_wrap=True)
    if len(shown) < len(stories):
        screen.print()
        screen.print(Text(f"{both('more', count=len(stories) - len(shown))} (--all)", style="dim"))
