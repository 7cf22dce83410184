"""`clearly kafka dlq`: records that were no events, looked at and sent again once what was wrong is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from streams import clock
from streams.cli.deadletters import why
from streams.cli.kafkasetup import reach
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, print_json
from streams.kafka.deadletters import read_letters, replay
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.kafka.deadletter import Letter


def letters_at(bootstrap: str) -> tuple[dict[str, Letter], dict[str, int]]:
    """Return every dead letter, and when those that were sent again were."""
    try:
        return read_letters(reach(bootstrap))
    except Unusable as error:
        raise Refused(str(error)) from error


def list_letters(bootstrap: str, *, everything: bool, as_json: bool) -> int:
    """Print dead letters, two lines each; return the exit code."""
    letters, again = letters_at(bootstrap)
    shown = [one for one in letters.values() if everything or one.id not in again]
    if as_json:
        value = [msgspec.to_builtins(one) | {"id": one.id, "replayed": again.get(one.id)} for one in shown]
        print_json(value)
        return FINE
    screen = console()
    if not shown:
        screen.print(Text(both("nothing rejected"), style="green"))
    for one in shown:
        state = f"  {clock.moment(again[one.id]):%Y-%m-%d %H:%M}Z ↺" if one.id in again else ""
        screen.print(Text.assemble((one.id, "bold"), f"  {clock.moment(one.arrived):%Y-%m-%d %H:%M}Z", (state, "green")), soft_wrap=True)
        screen.print(Text(f"    {why(one.path, one.reason, one.right)}", style="yellow"), soft_wrap=True)
    return FINE


def show_letter(bootstrap: str, wanted: str) -> int:
    """Print one dead letter whole; return the exit code."""
    letters, _ = letters_at(bootstrap)
    if wanted not in letters:
        raise Refused(f"there is no dead letter {wanted}; `clearly kafka dlq list --all` shows which there are", FINDINGS)
    print_json(letters[wanted])
    return FINE


def replay_letters(bootstrap: str, wanted: Sequence[str], *, everything: bool) -> int:
    """Send dead letters again; return 1 where one that was named had been sent before, or is not there."""
    if everything == bool(wanted):
        raise Refused("clearly kafka dlq replay: say which: ID … or --all")
    letters, again = letters_at(bootstrap)
    asked = [one for one in letters if one not in again] if everything else list(wanted)
    try:
        sent = set(replay(reach(bootstrap), asked, clock.now()))
    except Unusable as error:
        raise Refused(str(error)) from error
    screen = console()
    for one in asked:
        told = "sent again" if one in sent else "was sent again before" if one in again else "there is none by this name"
        screen.print(Text.assemble((f"{one}: ", "bold"), (told, "green" if one in sent else "yellow")), soft_wrap=True)
    return FINE if len(sent) == len(asked) else FINDINGS
