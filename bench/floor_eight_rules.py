"""The floor for eight rules, written by hand in one loop, as nobody would want to maintain it.

`python bench/floor_eight_rules.py EVENTS` prints seconds and counts as JSON. No task is made and nothing is published; a repeated
or late event is not noticed. The function is as long as the eight rules are: taking it apart would make the floor slower.
"""

from __future__ import annotations

import heapq
import json
import sys
import time
from typing import Any

import msgspec

D = 86_400_000
#: Years of 365 days from 2025-01-01 on: civil years, as far as this stream goes.
YEAR, BEGIN = 365 * D, 1_735_689_600_000
OUT = {"frequent_outage", "long_outage", "voltage"}
RULES = (
    "often-unplanned",
    "often-in-a-year",
    "often-planned",
    "complaint-again",
    "many-complain",
    "major-complaint",
    "complaint-after-outage",
    "step-overdue",
)


class Ev(msgspec.Struct):
    """What the rules read of an event."""

    id: str
    ts: int
    type: str
    transformer: str
    feeder: str
    planned: bool = False
    customers: int = 0
    customer: str = ""
    category: str = ""
    severity: str = ""
    case: str = ""
    node: str = ""
    status: str = ""


def main(path: str) -> None:  # noqa: C901, PLR0912, PLR0915 - eight rules in one loop are that long
    """Read the events and print what they come to."""
    dec = msgspec.json.Decoder(Ev).decode
    c = dict.fromkeys(RULES, 0)
    s1: dict[str, Any] = {}
    s2: dict[tuple[str, int], int] = {}
    s3: dict[tuple[str, int], int] = {}
    s4: dict[tuple[str, str], Any] = {}
    s5: dict[str, Any] = {}
    s7: dict[str, int] = {}
    s8: dict[tuple[str, str], int] = {}
    due: list[tuple[int, tuple[str, str]]] = []
    t0, cpu = time.perf_counter(), time.process_time()
    with open(path, "rb") as f:  # noqa: PTH123 - as plain as can be
        for line in f:
            e = dec(line)
            ts = e.ts
            while due and due[0][0] < ts:
                _, k = heapq.heappop(due)
                if s8.pop(k, None) is not None:
                    c["step-overdue"] += 1
            ty = e.type
            if ty == "outage.started":
                t = e.transformer
                y = (t, (ts - BEGIN) // YEAR)
                if not e.planned:
                    q = s1.setdefault(t, [])
                    q.append(ts)
                    while q[0] <= ts - 60 * D:
                        q.pop(0)
                    if len(q) > 3:
                        c["often-unplanned"] += 1
                else:
                    n = s3[y] = s3.get(y, 0) + 1
                    if n > 3:
                        c["often-planned"] += 1
                n = s2[y] = s2.get(y, 0) + 1
                if n > 5:
                    c["often-in-a-year"] += 1
                s7[t] = ts
            elif ty == "complaint.filed":
                k = (e.customer, e.category)
                q = s4.setdefault(k, [])
                q.append(ts)
                while q[0] <= ts - 365 * D:
                    q.pop(0)
                if len(q) >= 3:
                    c["complaint-again"] += 1
                if e.severity == "major":
                    c["major-complaint"] += 1
                if e.category in OUT:
                    q = s5.setdefault(e.transformer, [])
                    q.append((ts, e.customer))
                    while q[0][0] <= ts - D:
                        q.pop(0)
                    if len({x for _, x in q}) >= 3:
                        c["many-complain"] += 1
                    o = s7.get(e.transformer)
                    if o is not None and ts - o <= 7 * D:
                        c["complaint-after-outage"] += 1
            else:
                k = (e.case, e.node)
                if e.status == "entered":
                    s8[k] = ts
                    heapq.heappush(due, (ts + 5 * D, k))
                else:
                    s8.pop(k, None)
    print(json.dumps({"seconds": time.perf_counter() - t0, "cpu": time.process_time() - cpu, "found": c}))


if __name__ == "__main__":
    main(sys.argv[1])
