"""A long history judged in parts, on every core, and told as one process tells it.

Each part has rules and keys of its own (`engine.watching.divided`), so that it fits into a processor's cache, and the parts are shared
out over processes. Every process writes its lines to a file of its own and says where each of them belongs among all; then the lines
are copied together in that order.

The processes are forked once everything is read: they find the events where they are, and nothing is read or sent twice.
Longer than most modules: what a process writes down and how it is put together again only make sense side by side.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import tempfile
import warnings
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import accumulate, pairwise
from multiprocessing import get_context
from operator import itemgetter
from traceback import format_exc
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from engine.watching import (
    BY,
    LONGEST,
    Ordered,
    Summary,
    Whereabouts,
    counted_of,
    divided,
    encode_changes,
    history_of,
    ranks_of,
)
from streams.backtest import Asking, Period, Wanted, gathered, judged
from streams.clock import now
from streams.collecting import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.watching import Change, History, Portion
    from streams.backtest import Input, Report
    from streams.rules import Rules

    Write = Callable[[Iterable[bytes]], None]

#: Fewer events than these are judged sooner than other processes have begun.
FEW = 50_000
#: Events of a part at least: below that, making a world for it takes longer than it saves.
LEAST = 8_000
#: Lines that are copied at once.
AT_ONCE = 2_000
#: Events of which a process that ends soon does not let go: the system takes its memory back at once, Python takes a tenth of the time.
LEFT = 2_000_000
#: Seconds between two looks at how far the processes are.
PAUSE = 0.1


#: Stands for parts of which nobody knows which comes first.
SEVERAL = -1


class Book(msgspec.Struct, array_like=True):
    """What one process told, in order: where each line belongs among all, where it stands in the process's file, and what it counts."""

    orders: list[bytes] = []
    starts: list[int] = []
    sizes: list[int] = []
    #: for each counter of the summary: what is counted, how often, and where it was told first
    counters: list[list[tuple[Any, int, bytes]]] = []
    #: orders that were cut off at their greatest length, and the part that told something there; `SEVERAL` if more than one did
    cut: dict[bytes, int] = {}
    #: how many events of each part were judged
    done: dict[int, int] = {}
    failed: str = ""


@undisturbed()
def backtest_lines(
    rules: Rules,
    inputs: Sequence[Input],
    write: Write | None,
    asking: Asking = Asking(),  # noqa: B008 - immutable
    *,
    period: Period = Period(),  # noqa: B008 - immutable
    processes: int = 0,
) -> Report:
    """Return what rules find in history, the changes handed to `write` as lines: those of `backtest`, byte for byte.

    `processes` is how many are used at most; 0 stands for one on each core. Whoever stops it keeps what each of them has found by then.
    Without `write` the changes are counted and no more: what explains them is not put together.
    """
    report, events = gathered(rules, inputs, asking, period.until)
    if not report.is_whole:
        return report
    history = history_of(events, until=period.until, clock=now()) if len(events) >= FEW else None
    portions = None if history is None else divided(rules.book, rules.gate, history, Whereabouts(rules.places), LEAST)
    if history is not None and portions and len(portions) > 1:
        job = Job(rules, history, portions, period.since, explains=write is not None)
        if shared_out(job, report, write, asking, processes):
            return report
    return judged(rules, report, events, None if write is None else lambda changes: write(lines_of(changes)), asking, period)


def lines_of(changes: list[Change]) -> list[bytes]:
    """Return changes as lines of JSON."""
    return encode_changes(changes).splitlines(keepends=True)


class Job(NamedTuple):
    """What all processes know: rules, the history, its parts, from when on tasks are told, and whether lines are written of them."""

    rules: Rules
    history: History
    portions: Sequence[Portion]
    since: int | None
    explains: bool


def shared_out(job: Job, report: Report, write: Write | None, asking: Asking, processes: int) -> bool:
    """Judge all parts and tell what they found; return whether it is known in which order. If not, nothing was told."""
    number = min(processes or os.cpu_count() or 1, len(job.portions))
    with ExitStack() as stack:
        shares = [Share(*(stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))) for _ in range(number)]
        if number == 1 or sys.platform != "linux":  # elsewhere, a process that was forked may not use what the system offers
            shares, books = shares[:1], [here(job, shares[0], asking)]
        else:
            books = elsewhere(job, shares, asking)
        return is_told(books, [share.lines for share in shares], job, report, write)


class Share(NamedTuple):
    """The files of one process: its lines, and its book."""

    lines: IO[bytes]
    book: IO[bytes]


# Judging ----------------------------------------------------------------------------------------------------------------


def here(job: Job, share: Share, asking: Asking) -> Book:
    """Return the book of all parts, judged in this process."""
    total = sum(len(portion.places) for portion in job.portions)
    clerk = Clerk(job, share)

    def report(done: int) -> bool:
        asking.progress("judging", clerk.judged + done, total)
        return asking.is_stopped()

    for number in range(len(job.portions)):
        if not clerk.take(number, report):
            break
    return clerk.book()


class Clerk:
    """Judges parts and keeps the book of one process."""

    def __init__(self, job: Job, share: Share, left: int = 0) -> None:
        self.job = job
        #: how many events of whole parts have been judged, and up to how many of them their worlds are left as they are
        self.judged, self.left = 0, left
        self.share = share
        self.ranks = ranks_of(job.rules.book)
        self.zone = ZoneInfo(job.rules.book.zone)
        self.is_wanted = Wanted(job.since)
        self.told = Book()
        self.counted: list[tuple[Any, ...]] = []
        #: the parts that were judged, and how many changes had been told when each began
        self.began: list[tuple[int, int]] = []

    def take(self, number: int, report: Callable[[int], bool]) -> bool:
        """Judge a part; `report` is told how much of it is done, and returns whether to stop. Return whether it was judged to its end."""
        portion, rules = self.job.portions[number], self.job.rules
        self.began.append((number, len(self.told.orders)))
        book = replace(rules.book, rules={name: rule for name, rule in rules.book.rules.items() if name in portion.rules})
        world = Ordered(book, rules.gate, self.job.history, self.ranks, rules.places)
        world.explains = self.job.explains
        is_stopped = False
        for done in world.judge(portion):
            self.enter(*world.take_ordered())
            self.told.done[number] = done
            is_stopped = report(done)
            if is_stopped and done < len(portion.places):
                break
        self.judged += len(portion.places)
        if self.judged > self.left:
            world.close()
        return not is_stopped

    def enter(self, changes: list[Change], orders: list[bytes]) -> None:
        """Write changes down."""
        if self.job.since is not None:
            kept = [(change, order) for change, order in zip(changes, orders, strict=True) if self.is_wanted(change)]
            changes, orders = [change for change, _ in kept], [order for _, order in kept]
        if self.job.explains:
            lines = lines_of(changes)
            self.share.lines.writelines(lines)
            self.told.sizes += map(len, lines)
        self.told.orders += orders
        self.counted += [counted_of(change, self.zone) for change in changes]

    def book(self) -> Book:
        """Return the book, in order."""
        self.share.lines.flush()
        told = self.told
        order = sorted(range(len(told.orders)), key=told.orders.__getitem__)
        book = Book(counters=list(self.counters(order)), done=told.done)
        if self.job.explains:
            starts = list(accumulate(told.sizes, initial=0))
            book.orders = [told.orders[place] for place in order]
            book.starts = [starts[place] for place in order]
            book.sizes = [told.sizes[place] for place in order]
            book.cut = merged((key, number) for number, keys in self.by_part() for key in keys if len(key) == LONGEST)
        return book

    def by_part(self) -> Iterator[tuple[int, Sequence[bytes]]]:
        """Yield each part that was judged with the orders of what it told."""
        for (number, start), (_, end) in pairwise([*self.began, (SEVERAL, len(self.told.orders))]):
            yield number, self.told.orders[start:end]

    def counters(self, order: Sequence[int]) -> Iterator[list[tuple[Any, int, bytes]]]:
        """Yield for each counter of the summary what it counts, how often, and where that was told first; `order` says what comes first."""
        rows = [self.counted[place] for place in order]
        orders = [self.told.orders[place] for place in order]
        tasks = [place for place, row in enumerate(rows) if len(row) > 1]
        gone = [row for row in rows if row[0] == "withdrawn"]
        for number in range(len(Summary().counters)):
            what = [row[0] for row in rows] if number == 0 else [rows[place][number] for place in tasks]
            where = orders if number == 0 else [orders[place] for place in tasks]
            often = Counter(what)
            for row in gone:
                often[row[number]] += BY[row[0]][number] - 1
            first = dict(zip(reversed(what), reversed(where), strict=True))
            yield [(one, times, first[one]) for one, times in often.items()]


# Several processes ------------------------------------------------------------------------------------------------------


def elsewhere(job: Job, shares: Sequence[Share], asking: Asking) -> list[Book]:
    """Return the books of several processes that take part after part until none is left."""
    context = get_context("fork")
    counter, done, stopped = context.Value("q", 0), context.RawArray("q", len(shares)), context.RawValue("b", 0)
    total = sum(len(portion.places) for portion in job.portions)
    workers = [context.Process(target=work, args=(job, share, Desk(number, counter, done, stopped))) for number, share in enumerate(shares)]
    try:
        with warnings.catch_warnings():
            # whoever draws the progress bar is a thread; what is forked draws nothing
            warnings.simplefilter("ignore", DeprecationWarning)
            for worker in workers:
                worker.start()
        while any(worker.is_alive() for worker in workers):
            for worker in workers:
                worker.join(PAUSE / len(workers))
            asking.progress("judging", sum(done), total)
            stopped.value = asking.is_stopped()
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()
    return [read_book(share, worker.exitcode) for share, worker in zip(shares, workers, strict=True)]


class Desk(NamedTuple):
    """What the processes share: the number of the next part, how many events each has judged, and whether to stop."""

    number: int
    counter: Any
    done: Any
    stopped: Any

    def next(self) -> int:
        """Return the number of a part that nobody has taken."""
        with self.counter.get_lock():
            number: int = self.counter.value
            self.counter.value += 1
        return number


def work(job: Job, share: Share, desk: Desk) -> None:
    """Judge parts until none is left, in a process of its own; Ctrl-C is for the one that began it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        book = worked(job, share, desk)
    except Exception:  # noqa: BLE001 - told by whoever began this
        book = Book(failed=format_exc())
    share.book.write(msgspec.msgpack.encode(book))
    share.book.flush()


def worked(job: Job, share: Share, desk: Desk) -> Book:
    """Return the book of the parts that this process took."""
    clerk = Clerk(job, share, LEFT)

    def report(done: int) -> bool:
        desk.done[desk.number] = clerk.judged + done
        return bool(desk.stopped.value)

    while (number := desk.next()) < len(job.portions):
        if not clerk.take(number, report):
            break
    return clerk.book()


def read_book(share: Share, code: int | None) -> Book:
    """Return what a process wrote down."""
    share.book.seek(0)
    raw = share.book.read()
    book = msgspec.msgpack.decode(raw, type=Book) if raw else Book(failed=f"a process that judged history ended with {code}")
    if book.failed:
        raise RuntimeError(book.failed)
    return book


# Telling ----------------------------------------------------------------------------------------------------------------


def is_told(books: Sequence[Book], files: Sequence[IO[bytes]], job: Job, report: Report, write: Write | None) -> bool:
    """Tell what all have found in the order in which one process would; return False, before anything is told, where none is known."""
    if SEVERAL in merged(pair for book in books for pair in book.cut.items()).values():
        return False
    keys = [key for book in books for key in book.orders]
    order = sorted(range(len(keys)), key=keys.__getitem__)  # what one part told at one order stays as the part told it
    add_up(books, report.summary)
    judge_report(books, job, report)
    if write is not None:
        copy_lines(books, files, order, write)
    return True


def copy_lines(books: Sequence[Book], files: Sequence[IO[bytes]], order: Sequence[int], write: Write) -> None:
    """Write the lines of all files in their order."""
    with mapped(files) as texts:
        where = [
            (text, start, start + size)
            for text, book in zip(texts, books, strict=True)
            for start, size in zip(book.starts, book.sizes, strict=True)
        ]
        for first in range(0, len(order), AT_ONCE):
            write([text[start:end] for text, start, end in map(where.__getitem__, order[first : first + AT_ONCE])])


def merged(pairs: Iterable[tuple[bytes, int]]) -> dict[bytes, int]:
    """Return which part told something at each order; `SEVERAL` if more than one did."""
    found: dict[bytes, int] = {}
    for key, number in pairs:
        if found.setdefault(key, number) != number:
            found[key] = SEVERAL
    return found


def add_up(books: Sequence[Book], summary: Summary) -> None:
    """Count in the summary what all have told, in the order in which it was told first."""
    for number, counter in enumerate(summary.counters):
        rows = sorted((row for book in books for row in book.counters[number]), key=itemgetter(2))
        for what, count, _ in rows:
            counter[tuple(what) if isinstance(what, list) else what] += count


def judge_report(books: Sequence[Book], job: Job, report: Report) -> None:
    """Say in the report which events were judged."""
    instants: Sequence[int] = job.history.instants
    done = {number: count for book in books for number, count in book.done.items()}
    report.is_whole = all(done.get(number) == len(portion.places) for number, portion in enumerate(job.portions))
    if not report.is_whole:
        judged_places = {place for number, count in done.items() for place in job.portions[number].places[:count]}
        instants = [instants[place] for place in judged_places]
    summary = report.summary
    summary.events, summary.first, summary.last = len(instants), min(instants, default=None), max(instants, default=None)


@contextmanager
def mapped(files: Sequence[IO[bytes]]) -> Iterator[list[bytes | mmap.mmap]]:
    """Give files as one reads bytes."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if os.fstat(file.fileno()).st_size else b""
            for file in files
        ]
