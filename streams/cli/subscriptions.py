"""`clearly subscription`: the mailroom of a database as its operator meets it."""

from __future__ import annotations

import base64
import secrets
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from engine.calendar import show_instant
from engine.casework import STORM, faults, trial
from engine.source import suggest
from streams import clock
from streams.cli.desk import Desk
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.screen import both, console, print_json
from streams.lock import Unusable
from streams.notify import CHANNELS, Mailroom, Parcel, hidden, is_known, is_webhook, mailroom_of, send
from streams.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.casework import Subscription
    from streams.store import Reader

MINUTE = 60_000_000


def add_subscription(db: Path, wanted: Subscription, secret: Path | None) -> int:
    """Save a subscription; return the exit code."""
    with closing(Desk(db)) as desk, closing(Mailroom(mailroom_of(db))) as room:
        if wrong := [*faults(wanted), *unknown(desk, wanted)]:
            raise Refused(wrong)
        before = {one.name: one for one, _ in room.subscriptions()}.get(wanted.name)
        made = signed(wanted, secret, before)
        room.add(made, desk.reader.end("publications"), clock.now())
    screen = console()
    screen.print(Text(both("notice.saved" if before is None else "notice.changed", name=made.name)), soft_wrap=True)
    if made.secret and secret is None and before is None:
        screen.print(Text(both("notice.secret", secret=made.secret)), soft_wrap=True)
    return FINE


def unknown(desk: Desk, wanted: Subscription) -> list[str]:
    """Return what is asked for and does not exist: units, categories, a kind of address."""
    people = None if desk.rules.places is None else desk.rules.places.people
    found = [
        f"--unit {unit}: there is no such unit"
        for unit in wanted.units
        if people is not None and not any(people.known_unit(name, desk.now) for name in (unit, unit.rpartition(".")[2]))
    ]
    rules = desk.rules.book.rules.values()
    categories = sorted({one.category for one in rules if one.category} | {one.name for one in rules} | {STORM})
    found += [
        f"--category {one}: no folder of rules and no rule is called so{suggest(one, categories)}"
        for one in wanted.categories
        if one not in categories
    ]
    known = is_known(wanted.to)
    if known is None:
        found.append("--to: Apprise is not installed; install 'explain-clearly[notify]', or give a webhook")
    elif not known:
        found.append(
            f"--to {wanted.to.partition('://')[0]}://…: nobody knows this kind of address; write for example {', '.join(CHANNELS)}"
        )
    return found


def signed(wanted: Subscription, secret: Path | None, before: Subscription | None) -> Subscription:
    """Return a subscription to a webhook with what signs its messages: from a file, as before, or new."""
    if not is_webhook(wanted.to):
        return wanted
    if secret is not None:
        text = secret.read_text(encoding="utf-8").strip()
    elif before is not None and before.secret:
        text = before.secret
    else:
        text = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return msgspec.structs.replace(wanted, secret=text)


def room_of(db: Path) -> Mailroom:
    """Return the mailroom of a database; refuse where nobody has subscribed yet."""
    path = mailroom_of(db)
    if not path.is_file():
        raise Refused(f"{db}: nobody has subscribed yet; `clearly subscription add NAME --to URL --db {db}` does", FINDINGS)
    return Mailroom(path)


def list_subscriptions(db: Path, *, as_json: bool) -> int:
    """Print every subscription; return the exit code."""
    with closing(room_of(db)) as room, closing(reader_of(db)) as reader:
        rows = [as_value(one, room) for one, _ in room.subscriptions()]
        unread = nobody_reads(reader, [one for one, _ in room.subscriptions()])
    if as_json:
        print_json({"subscriptions": rows, "nobody_reads": unread})
        return FINE
    screen = console()
    for row in rows:
        screen.print(Text.assemble((row["name"], "bold"), f"  {row['owner']}  →  {row['to']}"), soft_wrap=True)
        asked = [f"{name} {row[name]}" for name in ("level", "units", "severity", "categories", "topics", "quiet", "expires") if row[name]]
        screen.print(f"  {'; '.join(asked) or both('notice.everything')}", soft_wrap=True)
        counts = both("notice.counts", delivered=row["delivered"], waiting=row["waiting"], undelivered=row["undelivered"])
        screen.print(Text(f"  {counts}", style="yellow" if row["undelivered"] else "dim"), soft_wrap=True)
    if unread:
        screen.print(Text(both("notice.unread", topics=", ".join(unread)), style="yellow"), soft_wrap=True)
    return FINE


def as_value(one: Subscription, room: Mailroom) -> dict[str, Any]:
    """Return a subscription for machines, without what only its owner should know."""
    delivered, waiting, given_up = room.counts(one.name)
    value: dict[str, Any] = msgspec.to_builtins(one)
    value.pop("secret")
    for name in ("units", "categories", "topics"):
        value[name] = ", ".join(getattr(one, name))
    return value | {"to": hidden(one.to), "delivered": delivered, "waiting": waiting, "undelivered": given_up}


def nobody_reads(reader: Reader, subscriptions: Sequence[Subscription]) -> list[str]:
    """Return the topics of alerts on which something was told and to which nobody has subscribed."""
    topics = [topic for (topic,) in reader.ask("SELECT DISTINCT topic FROM publications WHERE topic LIKE 'alert.%' ORDER BY topic")]
    return [topic for topic in topics if not any(one.has_topic(topic) for one in subscriptions)]


def reader_of(db: Path) -> Reader:
    """Return a reader of a database."""
    try:
        return open_reader(db)
    except Unusable as error:
        raise Refused(str(error)) from error


def remove_subscription(db: Path, name: str) -> int:
    """Forget a subscription; return the exit code."""
    with closing(room_of(db)) as room:
        known(room, name)
        room.remove(name)
    console().print(Text(both("notice.removed", name=name)), soft_wrap=True)
    return FINE


def known(room: Mailroom, name: str) -> Subscription:
    """Return the subscription of a name; refuse one that there is not."""
    found = {one.name: one for one, _ in room.subscriptions()}
    if name not in found:
        raise Refused(f"there is no subscription '{name}'; there are: {', '.join(found) or 'none'}", FINDINGS)
    return found[name]


def try_subscription(db: Path, name: str) -> int:
    """Send a message to a subscriber; return the exit code."""
    with closing(room_of(db)) as room:
        one = known(room, name)
    now, said = clock.now(), trial(one)
    event = {
        "specversion": "1.0",
        "id": f"test/{name}/{now}",
        "source": "/explain-clearly",
        "type": "clearly.subscription.test.v1",
        "data": {"message": {"title": said.title, "text": said.text}},
    }
    parcel = Parcel(0, name, str(event["id"]), now, 0, "", said.title, said.text, msgspec.json.encode(event))
    if why := send(one, parcel, now):
        raise Refused(f"{name}: {why}", FINDINGS)
    console().print(Text(both("notice.through", name=name), style="green"), soft_wrap=True)
    return FINE


def list_undelivered(db: Path, *, as_json: bool) -> int:
    """Print the messages that were given up; return the exit code."""
    with closing(room_of(db)) as room:
        found = room.undelivered()
    if as_json:
        print_json([{**one._asdict(), "event": msgspec.Raw(one.event)} for one in found])
        return FINE
    screen = console()
    if not found:
        screen.print(Text(both("notice.all through"), style="green"))
        return FINE
    for one in found:
        made = show_instant(one.made // MINUTE * MINUTE, "UTC")
        screen.print(Text.assemble((f"{one.number:>6}", "bold"), f"  {made}Z  {one.subscription}  {one.title}"), soft_wrap=True)
        screen.print(Text(f"        {one.why}", style="yellow"), soft_wrap=True)
    return FINE


def replay_undelivered(db: Path, numbers: Sequence[int], *, everything: bool) -> int:
    """Have messages tried again; return the exit code."""
    if everything == bool(numbers):
        raise Refused("clearly subscription replay: say which: NUMBER … or --all")
    with closing(room_of(db)) as room:
        given_up = {one.number for one in room.undelivered()}
        if missing := [number for number in numbers if number not in given_up]:
            raise Refused([f"{db}: there is no undelivered message {number}" for number in missing], FINDINGS)
        count = room.again(sorted(given_up) if everything else numbers, clock.now())
    console().print(Text(both("notice.again", count=count)), soft_wrap=True)
    return FINE
