"""What a worker says of itself over HTTP: `/healthz`, `/readyz`, `/metrics`. On the loopback address, unless told otherwise.

Alive is a worker whose loop goes round, whatever the brokers do: to start it again because they are away would help nobody. Ready is one
that has what it needs to do its work.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import msgspec
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from streams.clock import steady
from streams.kafka.connection import in_words
from streams.lock import Unusable

if TYPE_CHECKING:
    import asyncio

#: Seconds without a sign of life after which a worker counts as stuck, and that its loop may take to answer.
STILL, ANSWER = 60.0, 5.0
LOOPBACK = "127.0.0.1"


class Pulse:
    """Signs of life of this process."""

    def __init__(self) -> None:
        self.stage = ""
        self.is_ready = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beaten = steady()

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take it for a sign of life that a loop answers."""
        self._loop = loop

    def beat(self) -> None:
        """Note a sign of life, where there is no loop to ask."""
        self._beaten = steady()

    def is_alive(self) -> bool:
        """Return whether this process goes on."""
        if self._loop is None:
            return steady() - self._beaten < STILL
        answered = threading.Event()
        try:
            self._loop.call_soon_threadsafe(answered.set)
        except RuntimeError:  # it has ended
            return False
        return answered.wait(ANSWER)


#: The signs of life of this process, which runs one stage.
PULSE = Pulse()


class Answer(BaseHTTPRequestHandler):
    """Answers one request."""

    #: seconds after which somebody who asks nothing is let go
    timeout = 10
    server_version = "clearly"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with what the path names."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, form = choose_encoder(self.headers.get("accept", ""))
            self.tell(200, form, encode(REGISTRY))
        elif path in {"/healthz", "/readyz"}:
            is_well = PULSE.is_alive() and (PULSE.is_ready or path == "/healthz")
            said = {"status": "ok" if is_well else "no", "stage": PULSE.stage, "ready": PULSE.is_ready}
            self.tell(200 if is_well else 503, "application/json", msgspec.json.encode(said))
        else:
            self.tell(404, "text/plain", b"there are /healthz, /readyz and /metrics\n")

    def tell(self, status: int, form: str, body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Type", form)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: who asks every few seconds is no news."""


def serve(address: str, stage: str) -> ThreadingHTTPServer:
    """Answer at PORT of the loopback address, or at HOST:PORT; raise `Unusable` where that cannot be."""
    PULSE.stage = stage
    PULSE.beat()
    host, port = parted(address)
    try:
        server = ThreadingHTTPServer((host, port), Answer)
    except OSError as error:
        raise Unusable(f"--metrics {address}: {in_words(error)}") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def parted(address: str) -> tuple[str, int]:
    """Return host and port; raise `Unusable` where there is no port."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise Unusable(f"--metrics {address}: must be PORT or HOST:PORT, for example 9100")
    return host.strip("[]") or LOOPBACK, int(port)


def next_to(address: str, number: int) -> str:
    """Return the address so many ports higher: each process of a machine has one of its own."""
    host, port = parted(address)
    return f"{host}:{port + number}"
