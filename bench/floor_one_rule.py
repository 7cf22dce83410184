"""The floor for one rule, written by hand: three unplanned outages or more of one transformer in the last 60 days.

`python bench/floor_one_rule.py EVENTS` prints seconds and counts as JSON. It does what somebody would write who needs this one
rule and nothing else: no task is made, nothing is published, a repeated or late event is not noticed, and nothing is let go.
"""

from __future__ import annotations

import json
import sys
import time

import msgspec

WINDOW = 60 * 86_400_000


class Outage(msgspec.Struct):
    """What the rule reads of an event."""

    id: str
    ts: int
    type: str
    transformer: str
    planned: bool = False


def main(path: str) -> None:
    """Read the events and print what they come to."""
    decode = msgspec.json.Decoder(Outage).decode
    watches: dict[str, list[int]] = {}
    found = total = 0
    began, cpu = time.perf_counter(), time.process_time()
    with open(path, "rb") as lines:  # noqa: PTH123 - as plain as can be
        for line in lines:
            event = decode(line)
            if event.type == "outage.started" and not event.planned:
                times = watches.get(event.transformer)
                if times is None:
                    watches[event.transformer] = times = []
                times.append(event.ts)
                edge = event.ts - WINDOW
                while times[0] < edge:
                    times.pop(0)
                if len(times) >= 3:
                    found += 1
                    total += len(times)
    print(
        json.dumps(
            {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "found": {"repeated-outage": found}, "total": total}
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
