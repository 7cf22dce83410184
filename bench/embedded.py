"""How many events a second the embedded runtime keeps: `POST /events` over loopback, one rule, its store on disk.

`python bench/embedded.py EVENTS` starts the runtime in a process of its own, sends the events in batches of 500 over eight
connections, waits for every 202 (which comes after the commit), and prints a JSON object. The times of the events are moved so that
the last of them is now, because the runtime goes by the real clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
BATCH, SENDERS = 500, 8
#: The year of the stream is drawn together into the rule's window and a little more, as far back as the runtime still uses events.
DAYS = 50
RUN = """
import sys
from pathlib import Path
from streams.embedded import Options, run
sys.exit(run(Options(*map(Path, sys.argv[1:]), http="127.0.0.1:0")))
"""


def shifted(path: Path) -> list[bytes]:
    """Return the events of a file, moved to end now."""
    events = [json.loads(line) for line in path.read_bytes().splitlines()]
    last, now = events[-1]["ts"], int(time.time() * 1000)
    for event in events:
        event["ts"] = now - (last - event["ts"]) * DAYS // 365
    return [json.dumps(event, separators=(",", ":")).encode() for event in events]


def bodies(lines: list[bytes]) -> list[bytes]:
    """Return the requests that carry them."""
    return [b"[" + b",".join(lines[place : place + BATCH]) + b"]" for place in range(0, len(lines), BATCH)]


async def send(host: str, port: int, waiting: Iterator[bytes]) -> int:
    """Send what is waiting over one connection, and return how many events were accepted."""
    reader, writer = await asyncio.open_connection(host, port)
    accepted = 0
    for body in waiting:
        head = f"POST /events HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        said = await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
        if b" 202 " not in answer:
            sys.exit(f"not accepted: {said.decode()}")
        accepted += json.loads(said)["accepted"]
    writer.close()
    return accepted


async def send_all(host: str, port: int, requests: list[bytes]) -> int:
    """Send every request, over several connections at once."""
    waiting = iter(requests)
    return sum(await asyncio.gather(*[send(host, port, waiting) for _ in range(SENDERS)]))


def listening(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Return where the runtime listens, once it says so."""
    assert process.stderr is not None
    for line in process.stderr:
        if "http=" in line:
            host, port = line.split("http=")[1].split()[0].removeprefix("http://").split(":")
            return host, int(port)
    sys.exit("the runtime did not start")


def measured(path: Path) -> dict[str, Any]:
    """Return how fast events were kept."""
    lines = shifted(path)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "clearly.db"
        command = [sys.executable, "-c", RUN, str(HOUSE / "bench" / "rules" / "one"), str(database)]
        process = subprocess.Popen(command, cwd=HOUSE, stderr=subprocess.PIPE, text=True)
        try:
            host, port = listening(process)
            requests = bodies(lines)
            began, cpu = time.perf_counter(), processor_seconds(process.pid)
            accepted = asyncio.run(send_all(host, port, requests))
            seconds = time.perf_counter() - began
            cpu = processor_seconds(process.pid) - cpu
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        size = database.stat().st_size
    return {
        "events": accepted,
        "seconds": seconds,
        "events_per_second": accepted / seconds,
        "runtime_cpu_us_per_event": cpu / accepted * 1e6,
        "database_bytes_per_event": size / accepted,
    }


def processor_seconds(pid: int) -> float:
    """Return how much processor time a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
