"""The past that a rule is asked about, out of a database: the kept events, judged when everything was in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.watching import Past, reads
from streams.embedded.history import kept_events
from streams.embedded.restart import instants
from streams.embedded.state import BEGINNING, NEVER

if TYPE_CHECKING:
    from streams.rules import Rules
    from streams.store import Reader


def past_of_store(reader: Reader, rules: Rules, rule: str) -> Past:
    """Return what a database has kept of the events that a rule rests on; time stands where the process has come to."""
    saved = reader.meta("progress")
    reached, began, heard = msgspec.msgpack.decode(saved) if saved else (BEGINNING, BEGINNING, [])
    wanted = reads(rules.book, rules.gate, rule)
    kept = [(event, BEGINNING) for event in kept_events(reader, rules.gate, {name for name in wanted if not name.startswith("finding.")})]
    return Past(
        kept,
        reached,
        history_from=reader.meta("history_from"),
        began=began,
        heard={(kind, source): at for kind, source, at in heard},
        known_from=instants(reader, "known_from").get(rule, NEVER),
    )
