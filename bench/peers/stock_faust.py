"""A peer: a Faust agent as its manual shows it, one event a record, one table write an event. Started by bench/kafkabench.py."""

from __future__ import annotations

import os
import time
from typing import Any

import faust
import msgspec

COUNT = int(os.environ["COUNT"])
WINDOW = 60 * 86_400_000
app = faust.App(
    f"stock-{os.getpid()}",
    broker=f"kafka://{os.environ['BOOTSTRAP']}",
    store="rocksdb://",
    datadir=os.environ["DATA"],
    topic_partitions=4,
    topic_replication_factor=1,
    table_standby_replicas=0,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)
RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
feed = app.topic(os.environ["TOPIC"], **RAW)
found = app.topic(f"stock-{os.getpid()}-found", **RAW)
times = app.Table("times", key_type=bytes, value_type=bytes, partitions=4)
times.key_serializer = times.value_serializer = "raw"


class Event(msgspec.Struct):
    """What this work reads of an event."""

    ts: int
    type: str
    transformer: str
    planned: bool = False


decode = msgspec.json.Decoder(Event).decode
unpack = msgspec.msgpack.Decoder(list[int]).decode
pack = msgspec.msgpack.Encoder().encode
state: dict[str, float] = {"count": 0}


async def work(stream: Any) -> None:
    """Keep the times of each transformer, and tell where there are three."""
    async for value in stream:
        if not state["count"]:
            state["began"], state["used"] = time.monotonic(), time.process_time()
        event = decode(value)
        if event.type == "outage.started" and not event.planned:
            key = event.transformer.encode()
            kept = times.get(key)
            held = [one for one in (unpack(kept) if kept else []) if one >= event.ts - WINDOW] + [event.ts]
            times[key] = pack(held)
            if len(held) >= 3:
                await found.send(key=key, value=pack([event.ts, len(held)]))
        state["count"] += 1
        if state["count"] >= COUNT:
            used, seconds = time.process_time() - state["used"], time.monotonic() - state["began"]
            print(f"RESULT cpu_us {used / COUNT * 1e6:.2f} events_s {COUNT / seconds:.0f}", flush=True)
            os._exit(0)


app.agent(feed, concurrency=1)(work)
