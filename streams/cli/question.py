"""A question to a rule: put to a database or to files of history, and answered."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.events import Gate
from engine.language import read_rules, reads_of
from engine.watching import LANGUAGES, Inquiry, explained
from streams.cli.answer import Answer
from streams.cli.history import inputs_of, instant
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import Meter, console, print_json
from streams.cli.taskfeed import read_change
from streams.embedded import past_of_store
from streams.lock import Unusable
from streams.past import past_of_files
from streams.rules import Rules, load
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.watching import Explanation, Past, Reply
    from streams.store import Reader

    #: where kept events are found beside a database
    Kept = Callable[[Reader, Rules], Past]


class Question(NamedTuple):
    """What is asked of which rule: about an event, a key (`FIELD=VALUE`, each), or a task."""

    rule: str
    event: str | None = None
    key: tuple[str, ...] = ()
    task: str | None = None


class Where(NamedTuple):
    """Where the past stands: in a database, in a log, or in files with a rules folder and the profile whose numbers hold."""

    db: Path | None = None
    rules: Path | None = None
    files: tuple[Path, ...] = ()
    maps: tuple[str, ...] = ()
    until: str | None = None
    profile: str | None = None
    bootstrap: str | None = None


def ask(question: Question, where: Where, *, as_json: bool, lang: str) -> int:
    """Print what a rule answers, and return the exit code."""
    if sum(map(bool, (question.event, question.key, question.task))) != 1:
        raise Refused("clearly rules explain: say what about: one of --event ID, --key FIELD=VALUE, --task ID")
    if sum(map(bool, (where.db, where.bootstrap, where.files))) != 1:
        raise Refused(
            "clearly rules explain: say where the events are: --db FILE, --bootstrap HOST:PORT, or files of EVENTS with --rules DIR"
        )
    found = from_files if where.files else from_log if where.bootstrap is not None else from_database
    rules, replies = found(question, where)
    if as_json:
        print_json(replies)
        return FINE
    languages = tuple(one for one in LANGUAGES if lang in {one, "both"})
    screen = console()
    for number, reply in enumerate(replies):
        if number:
            screen.print()
        Answer(reply, languages, rules.book).show(screen)
    return FINE


def from_files(question: Question, where: Where) -> tuple[Rules, list[Reply]]:
    """Return the rules of a folder and what they answer from files of history."""
    if where.rules is None:
        raise Refused("clearly rules explain: files of events need --rules DIR, the rules folder")
    rules = load(where.rules, where.profile)
    if not isinstance(rules, Rules):
        raise Refused(rules, code=FINDINGS)
    must_know(rules, question.rule)
    inputs = inputs_of(where.files, where.rules, where.maps, rules)
    with Meter() as meter:
        past = past_of_files(rules, inputs, question.rule, meter, until=instant(where.until, rules.book.zone, "--to"))
    return rules, answers(question, rules, past)


def from_log(question: Question, where: Where) -> tuple[Rules, list[Reply]]:
    """Return the rules that were published last, or those of a folder, and what they answer from the events that the log has kept."""
    from streams.cli.kafkadesk import log_of, past_of

    assert where.bootstrap is not None, "who has none asks files or a database"
    with log_of(None, where.bootstrap) as db:
        return from_database(question, where._replace(db=db), lambda _, rules: past_of(where.bootstrap or "", rules, question.rule))


def from_database(question: Question, where: Where, past: Kept | None = None) -> tuple[Rules, list[Reply]]:
    """Return the rules that a database ran last, or those of a folder, and what they answer from the kept events."""
    assert where.db is not None, "who has none asks files"
    reader = reader_of(where.db)
    try:
        rules = rules_in(reader, where)
        must_know(rules, question.rule)
        kept = past(reader, rules) if past is not None else past_of_store(reader, rules, question.rule)
        replies = answers(published(question, reader), rules, kept)
        for reply in replies:
            as_published(reply, reader)
    finally:
        reader.close()
    return rules, replies


def reader_of(db: Path) -> Reader:
    """Return a reader of a database; refuse what is none."""
    try:
        return open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error


def rules_in(reader: Reader, where: Where) -> Rules:
    """Return the rules of the folder that was given, or those that a database ran last."""
    if where.rules is not None:
        loaded = load(where.rules, where.profile)
        if not isinstance(loaded, Rules):
            raise Refused(loaded, code=FINDINGS)
        return loaded
    kept = reader.rulebook()
    files = {} if kept is None else msgspec.json.decode(kept[1], type=dict[str, str])
    book = read_rules(files).rulebook
    if kept is None or book is None:
        raise Refused(f"{where.db}: holds no rules that this program can read; give the folder with --rules DIR")
    return Rules(book, Gate(book.catalogue, reads_of(book)), kept[0], files)


def must_know(rules: Rules, name: str) -> None:
    """Refuse a rule that is not there."""
    if name not in rules.book.rules:
        close = get_close_matches(name, rules.book.rules, n=1, cutoff=0.6)
        told = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(rules.book.rules)) or 'none'}"
        raise Refused(f"there is no rule '{name}'; {told}", FINDINGS)


def answers(question: Question, rules: Rules, past: Past) -> list[Reply]:
    """Return what the rule answers; refuse a question about something that is not there."""
    inquiry = Inquiry(rules.book, rules.gate, question.rule, past)
    if question.event is not None:
        replies = inquiry.event(question.event)
        if not replies:
            raise Refused(f"there is no event '{question.event}' among the {len(past.events):,} that this rule rests on", FINDINGS)
        return replies
    if question.task is not None:
        reply = inquiry.task(question.task)
        if reply is None:
            told = f"no event among the {len(past.events):,} that this rule rests on opens a task '{question.task}'"
            raise Refused(f"{told}; `clearly explain` shows what was published of it", FINDINGS)
        return [reply]
    return [inquiry.key(key_of(inquiry, question.key))]


def key_of(inquiry: Inquiry, parts: Sequence[str]) -> tuple[object, ...]:
    """Return the one key that is meant; refuse none and several."""
    same = inquiry.rule.anchor.same
    wanted = dict(part.partition("=")[::2] for part in parts)
    wrong = [name for name in wanted if name not in same]
    if wrong or not all("=" in part for part in parts):
        raise Refused(f"--key {' --key '.join(parts)}: the key of {inquiry.rule.name} is {', '.join(same) or 'empty'}; write FIELD=VALUE")
    keys = inquiry.keys(wanted)
    if len(keys) == 1:
        return keys[0]
    told = [", ".join(f"{name}={value}" for name, value in zip(same, key, strict=True)) for key in keys[:5]]
    if not keys:
        values = sorted({str(key[same.index(name)]) for key in inquiry.keys({}) for name in wanted})
        close = [one for value in wanted.values() for one in get_close_matches(value, values, n=1, cutoff=0.6)]
        raise Refused(f"no event has the key {', '.join(parts)}" + (f"; did you mean {close[0]}?" if close else ""), FINDINGS)
    raise Refused(f"{len(keys)} keys agree with {', '.join(parts)}: {'; '.join(told)}{' …' if len(keys) > 5 else ''}", FINDINGS)


def published(question: Question, reader: Reader) -> Question:
    """Return the question with the whole id of the task, where only a part of it was written."""
    if question.task is None:
        return question
    known = [row[0] for row in reader.ask("SELECT DISTINCT task FROM changes WHERE instr(task, ?) > 0", question.task)]
    return question._replace(task=known[0]) if len(known) == 1 else question


def account_of(told: Explanation, db: Path, folder: Path | None) -> Reply | None:
    """Return what the rule of a published task says of the event that opened it; None where rule or events are no longer there."""
    reader = reader_of(db)
    try:
        rules = rules_in(reader, Where(db, folder))
        if told.rule not in rules.book.rules:
            return None
        inquiry = Inquiry(rules.book, rules.gate, told.rule, past_of_store(reader, rules, told.rule))
        keys = inquiry.keys(told.key)
        return inquiry.task(told.task_id, keys[0]) if len(keys) == 1 else None
    except Refused:
        return None  # the task is explained all the same, by what was published
    finally:
        reader.close()


def as_published(reply: Reply, reader: Reader) -> None:
    """Show each task as it was published: when it was decided is known there alone."""
    for account in reply.accounts:
        if account.task is not None:
            told = reader.changes_of(account.task.task_id)
            if told:
                account.task = explained(read_change(line, f"change {position}") for position, line in told)
            else:
                account.clause.notes.append("not told")
