"""The courier on a thread of its own: it goes round once a second, and whatever happens to it, the runtime goes on."""

from __future__ import annotations

import sqlite3
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog

from streams import clock
from streams.lock import Unusable
from streams.notify.courier import Courier
from streams.notify.mailroom import Mailroom, mailroom_of

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds between two rounds.
PAUSE = 1.0
#: Seconds that messages on their way out have when everything stops.
PATIENCE = 10.0
log = structlog.get_logger("clearly")


class Delivery:
    """Messages being brought, as long as a run lasts; nothing happens while nobody has subscribed."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to go round."""
        self._thread.start()

    def stop(self) -> None:
        """Go round once more and stop; what does not get through meanwhile waits for the next run."""
        self._stopping.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        courier: Courier | None = None
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(PAUSE)
            courier = courier or self._courier()
            if courier is not None:
                self._go_round(courier)
        if courier is not None:
            courier.close()

    def _courier(self) -> Courier | None:
        """Return a courier as soon as somebody has subscribed."""
        path = mailroom_of(self.database)
        if not path.is_file():
            return None
        try:
            return Courier(self.database, Mailroom(path))
        except (Unusable, sqlite3.Error) as error:
            log.error("messages cannot be brought; it is tried again", why=str(error))  # noqa: TRY400 - the message says it all
            return None

    def _go_round(self, courier: Courier) -> None:
        try:
            counts = courier.round(clock.now())
        except (OSError, sqlite3.Error) as error:
            log.error("messages wait; it is tried again", why=str(error))  # noqa: TRY400 - the same
            return
        if counts["given up"]:
            log.error("messages were given up; `clearly subscription undelivered` shows them", count=counts["given up"])
