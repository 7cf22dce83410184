"""A database's tasks as one person at a command line meets them: found by a part of their id, and moved by commands.

A command goes to the process that runs on the database, by its front door; where none runs, this one takes the database and does it itself.
"""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from engine.source import read
from streams import clock, tasktable
from streams.caseworkfile import profile_of
from streams.cli.options import Log
from streams.cli.outcome import FINDINGS, Refused
from streams.lock import Unusable
from streams.store import Batch, open_reader, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from urllib.error import HTTPError

    from engine.casework import Profile, Task, Terms
    from streams.cli.options import Where
    from streams.orders import Asked, Told
    from streams.rules import Rules
    from streams.store import Reader, Store


class Desk:
    """The tasks of one database, as of its last commit."""

    def __init__(self, where: Where) -> None:
        self.where, self._folder = where, TemporaryDirectory()
        try:
            self.db = where if isinstance(where, Path) else self._log(where)
            self.reader: Reader = open_reader(self.db)
        except Unusable as error:
            raise Refused(str(error)) from error
        kept = self.reader.rulebook()
        if kept is None:
            raise Refused(f"{where}: no rules have run here yet; start `clearly run` once, or `clearly kafka publish`")
        self._kept = kept
        self.now = max(clock.now(), self.reader.meta("now") or 0)

    def close(self) -> None:
        """Let go of the database."""
        self.reader.close()
        self._folder.cleanup()

    def _log(self, where: Log) -> Path:
        """Return a database that holds what stands in a log."""
        from streams.cli.kafkadesk import read_log

        return read_log(where.bootstrap, Path(self._folder.name) / "log.db")

    @property
    def option(self) -> str:
        """Return the option that leads here."""
        return f"--db {self.where}" if isinstance(self.where, Path) else f"--bootstrap {self.where}"

    # Reading the rules of a large utility takes longer than listing its tasks: whoever needs a part of them reads that part.

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Return the files of the rules that ran last."""
        return msgspec.json.decode(self._kept[1], type=dict[str, str])

    @cached_property
    def rules(self) -> Rules:
        """Return the rules that ran last; refuse those that this program does not understand any more."""
        from streams.rules import recalled

        rules = recalled(*self._kept)
        if rules is None:
            raise Refused(f"{self.where}: holds no rules that this program can read; start `clearly run` once")
        return rules

    @cached_property
    def zone(self) -> str:
        """Return the time zone of the rules."""
        document, _ = read(self.files.get("catalogue.yaml", ""), "catalogue.yaml")
        found = document.data.get("time_zone") if document is not None and isinstance(document.data, dict) else None
        return str(found) if found else self.rules.book.zone

    @cached_property
    def profile(self) -> Profile:
        """Return time limits and ladder."""
        profile, _ = profile_of(self.files)
        return self.rules.profile if profile is None else profile

    def terms(self) -> Terms:
        """Return the terms of the office, to ask what may be done, and by which calendar deadlines count."""
        from streams.embedded import known_terms

        found = known_terms(self.reader, self.rules)
        if found is None:
            raise Refused(f"{self.where}: the rules folder has no calendar, so there is no casework", FINDINGS)
        return found

    def task(self, part: str) -> Task:
        """Return the task that an id, or a part of it that no other has, means; refuse a part of none or of several."""
        names = [name for (name,) in self.reader.ask("SELECT task FROM tasks WHERE task = ? OR instr(task, ?) > 0 LIMIT 6", part, part)]
        if not names:  # one that is long over is in the journal alone
            names = [name for (name,) in self.reader.ask("SELECT DISTINCT task FROM journal WHERE instr(task, ?) > 0 LIMIT 6", part)]
        if part in names:
            names = [part]
        if not names:
            raise Refused(f"{self.where}: there is no task '{part}'; `clearly task list {self.option}` shows them", FINDINGS)
        if len(names) > 1:
            raise Refused(
                f"{self.where}: several tasks have '{part}' in their id: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}", FINDINGS
            )
        return next(tasktable.listed(self.reader, tasktable.Filter(over=None, task=names[0])), None) or self.folded(names[0])

    def folded(self, name: str) -> Task:
        """Return a task that is long over, as its journal tells of it."""
        from engine.casework import fold
        from streams.docket import journal_of

        found = fold(journal_of(self.reader, name))
        assert found is not None, "it is in the journal"
        return found

    def give(self, asked: Sequence[Asked]) -> list[Told]:
        """Have commands carried out, and return what came of each."""
        from streams.orders import Unfit

        if isinstance(self.where, Log):
            from streams.cli.kafkadesk import give

            return give(self.where.bootstrap, asked)
        if log := self.reader.meta("log"):
            raise Refused(f"{self.db}: is read from a log, and commands go there: --bootstrap {log}")
        body = msgspec.json.encode(list(asked))
        try:
            store = open_store(self.db, self.now)
        except Unusable as error:  # somebody has it: the process that runs, most likely
            door = self.reader.meta("door")
            if not door:
                raise Refused([str(error), "start it with --http, and commands reach it there"]) from error
            return by_door(str(door), body)
        try:
            return self.alone(store, body)
        except Unfit as error:
            raise Refused(str(error)) from error

    def alone(self, store: Store, body: bytes) -> list[Told]:
        """Carry out commands in this process, which has the database now."""
        from streams.embedded import office_of
        from streams.orders import orders_of, told

        with closing(store):
            office = office_of(store, self.rules, self.now)
            if office is None:
                raise Refused(f"{self.where}: the rules folder has no calendar, so there is no casework", FINDINGS)
            orders = orders_of(body, self.now)
            outcomes = [office.order(order, self.now) for order in orders]
            store.keep(Batch(self.now, docket=office.taken()))
        return [told(order, outcome) for order, outcome in zip(orders, outcomes, strict=True)]


def by_door(url: str, body: bytes) -> list[Told]:
    """Send commands to the process that runs, and return what came of each."""
    import urllib.request
    from urllib.error import HTTPError, URLError

    from streams.orders import Told
    from streams.settings import Settings, read_settings

    settings = read_settings()
    token = settings.token() if isinstance(settings, Settings) else None
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(f"{url}/commands", body, headers)  # noqa: S310 - an address that our own process wrote down
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
            return msgspec.json.decode(answer.read(), type=dict[str, list[Told]])["results"]
    except HTTPError as error:
        raise Refused(reason_in(error)) from error
    except (URLError, OSError) as error:
        raise Refused(f"{url}: the process that runs on this database does not answer ({error})") from error


def reason_in(error: HTTPError) -> str:
    """Return why the front door did not take a request."""
    try:
        answer: Any = msgspec.json.decode(error.read())
        return f"{answer['reason']}; {answer['right']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"the process that runs answered {error.code}"
