"""The past that a rule is asked about, out of files of history: the same events as a backtest reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import arrival_of, instant_of
from engine.watching import Past, in_order, reads
from streams.backtest import Harvest, quietly, reap
from streams.clock import now
from streams.collecting import undisturbed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.backtest import Input, Progress
    from streams.rules import Rules


@undisturbed()
def past_of_files(rules: Rules, inputs: Sequence[Input], rule: str, progress: Progress = quietly, *, until: int | None = None) -> Past:
    """Return what files tell of the events that a rule rests on; time ends at the last event of all, or at `until`."""
    harvest = Harvest()
    for one in inputs:
        for done, total in reap(one, rules.gate, harvest):
            progress("reading", done, total)
    events = in_order(harvest.events)
    clock = now()
    last = max((min(arrival_of(event), clock) for event in events), default=0)
    wanted = reads(rules.book, rules.gate, rule)
    arrivals = [(event, min(arrival_of(event), clock)) for event in events if event.kind.name in wanted]
    if until is not None:
        arrivals = [pair for pair in arrivals if pair[1] <= until]
    return Past(arrivals, last if until is None else until, history_from=instant_of(events[0]) if events else None)
