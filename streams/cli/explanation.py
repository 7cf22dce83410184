"""`clearly explain`: why a task exists, as a supervisor reads it. Everything shown was kept by the verdict itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.watching import LANGUAGES, explained
from streams.cli.answer import AccountPage, Answer
from streams.cli.outcome import FINE, Refused
from streams.cli.question import account_of
from streams.cli.screen import SEVERITIES, console, plain_table, print_json
from streams.cli.taskfeed import book_of, from_database, from_file
from streams.cli.tongue import Tongue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from engine.language import Rulebook
    from engine.watching import Counted, Explanation, Language, Step

#: Lines of the history and of the counted events that are shown; the rest is told by number.
SHOWN = 40


def explain_task(task: str, tasks: Path | None, db: Path | None, rules: Path | None, *, as_json: bool, lang: str) -> int:
    """Print why a task exists, and return the exit code."""
    if (tasks is None) == (db is None):
        raise Refused("clearly explain: say where the task is: --tasks FILE, --db FILE or --bootstrap HOST:PORT")
    changes = from_database(task, db) if db is not None else from_file(task, tasks)  # type: ignore[arg-type]  # one of the two
    told = explained(changes)
    assert told is not None, "who finds no changes refuses"
    screen = console()
    reply = account_of(told, db, rules) if db is not None else None
    if as_json:
        value = msgspec.to_builtins(told) | ({} if reply is None else {"account": msgspec.to_builtins(reply.accounts[0])})
        print_json(value)
        return FINE
    languages = tuple(one for one in LANGUAGES if lang in {one, "both"})
    book = book_of(rules, db)
    page = Page(told, languages, book)
    page.show(screen)
    if reply is not None and book is not None:
        screen.print()
        screen.print(page.headed("why", None, AccountPage(Answer(reply, languages, book), reply.accounts[0]).reasons()))
    return FINE


# The page ---------------------------------------------------------------------------------------------------------------


class Page(Tongue):
    """One explanation on its way to the screen."""

    def __init__(self, told: Explanation, languages: Sequence[Language], book: Rulebook | None) -> None:
        zone = told.in_words.zone if told.in_words is not None else book.zone if book is not None else "UTC"
        super().__init__(languages, zone, book.catalogue.types if book is not None else {})
        self.told = told
        self.rule = book.rules.get(told.rule) if book is not None else None

    def show(self, screen: Console) -> None:
        """Print the page."""
        told = self.told
        screen.print(Text(self.spoken(told.say), style="bold"))
        state = self.words(told.state)
        if told.until is not None:
            state += f" {self.time(told.until)}"
        line = Text.assemble((self.words(told.severity), SEVERITIES[told.severity]), " · ", state, " · ", (told.task_id, "dim"))
        if told.status == "shadow":
            line.append(f" · {self.words('shadow')}", style="yellow")
        screen.print(line)
        screen.print()
        screen.print(self.facts())
        for note in self.notes():
            screen.print(Padding(Text(note), (1, 0, 0, 0)))
        screen.print()
        screen.print(self.evidence())
        if told.not_counted:
            screen.print()
            screen.print(self.headed("not counted", len(told.not_counted), self.events(told.not_counted, reasons=True)))
        screen.print()
        screen.print(self.headed("what happened", None, self.history()))

    # Facts ------------------------------------------------------------------------------------------------------------

    def facts(self) -> Table:
        """Return what there is to know, a line each."""
        told = self.told
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")

        def add(key: str, value: str | Text) -> None:
            grid.add_row(self.words(key), value)

        title = "" if self.rule is None else " / ".join(dict.fromkeys(self.rule.title[one] for one in self.languages))
        add("rule", Text.assemble((told.rule, "bold"), f"  {title}", (f"  {self.words('version')} {told.rule_version}", "dim")))
        if told.in_words is not None:
            add("in words", "\n".join(dict.fromkeys(getattr(told.in_words, language) for language in self.languages)))
        if self.rule is not None and self.rule.reason:
            add("reason", self.spoken(self.rule.reason))
        add("key", ", ".join(f"{name} = {value}" for name, value in told.key.items()) or "—")
        add("happened", Text(self.time(told.at)))
        add("decided", self.time(told.decided_at))
        who = [one for one in (told.to.unit, told.to.person) if one] or [self.words("nobody", " / ")]
        add("asked", f"{told.to.role}: {', '.join(who)}")
        add("due", self.time(told.due))
        add("zone", Text(self.zone, style="dim"))
        return grid

    def notes(self) -> list[str]:
        """Return what else the verdict has to say of itself."""
        told = self.told
        notes = [] if told.settled is None else [self.words("settled", "\n", at=self.time(told.settled))]
        if told.provisional:
            notes.append(self.words("provisional", "\n"))
        if told.without:
            notes.append(self.words("without", "\n", sources=", ".join(told.without)))
        return notes

    # Events -----------------------------------------------------------------------------------------------------------

    def headed(self, key: str, count: int | None, body: Any) -> Group:
        """Return something under its title."""
        title = self.words(key) + (f": {count}" if count is not None else "")
        return Group(Text(title, style="bold cyan"), Padding(body, (0, 0, 0, 2)))

    def evidence(self) -> Group:
        """Return the events that counted, and what is known of the rest of the evidence."""
        told = self.told
        parts: list[Any] = [self.headed("counted", len(told.counted) + len(told.unseen), self.events(told.counted[:SHOWN]))]
        if len(told.counted) > SHOWN:
            parts.append(Text(f"  … {self.words('more', ' / ', count=len(told.counted) - SHOWN)}", style="dim"))
        if told.unseen:
            parts.append(Text(f"  {', '.join(told.unseen)} ({self.words('no values', ' / ')})", style="dim"))
        if told.removed:
            parts.append(Text(f"  {self.words('removed', ' / ')}: {', '.join(told.removed)}", style="dim"))
        return Group(*parts)

    def events(self, listed: Sequence[Counted], *, reasons: bool = False) -> Table:
        """Return events as a table: when, what, which, and the values that the rule looked at."""
        values = self.words("values")
        heads = [self.words(key) for key in ("time", "event type", "id")] + [values] + ([self.words("why")] if reasons else [])
        table = plain_table(*heads, wrap=(heads[2], values, heads[-1]))
        for one in listed:
            told = ", ".join(f"{name}: {self.value(value)}" for name, value in one.values.items())
            row: list[str | Text] = [self.time(one.at), self.titled(one.event), one.id, told]
            if reasons:
                row.append(Text(f"{self.words('not true')}: {one.because}" if one.because else "", style="yellow"))
            table.add_row(*row)
        return table

    # History ----------------------------------------------------------------------------------------------------------

    def history(self) -> Table:
        """Return what was said of the task, a line each."""
        steps = self.told.history
        heads = [self.words("decided"), "", self.words("happened"), ""]
        table = plain_table(*heads, wrap=("",))
        left_out = len(steps) - SHOWN
        for number, step in enumerate(steps):
            if left_out > 0 and SHOWN // 2 <= number < SHOWN // 2 + left_out:
                if number == SHOWN // 2:
                    table.add_row("…", Text(self.words("more", " / ", count=left_out), style="dim"))
                continue
            table.add_row(self.time(step.decided_at), self.words(f"change.{step.change}"), self.time(step.at), self.step(step))
        return table

    def step(self, step: Step) -> Text:
        """Return what one change added, took away, and was caused by."""
        told = Text()
        parts: list[tuple[str, str]] = [(f"+{name}", "green") for name in step.evidence[:6]]
        if len(step.evidence) > 6:
            parts.append((f"+{len(step.evidence) - 6}…", "green"))
        parts += [(f"−{name}", "red") for name in step.evidence_removed[:6]]
        if step.count is not None:
            parts.append((self.words("count is", " / ", count=step.count), ""))
        if step.value is not None:
            parts.append((self.words("value is", " / ", value=f"{step.value:g}"), ""))
        for key, value in (("late", step.late), ("covered", step.covered), ("replaces", step.replaces)):
            if value is not None:
                parts.append((self.words(key, " / ", event=value, rule=value, task=value), "yellow"))
        if step.edit is not None:
            parts.append((self.words(step.edit, " / "), "yellow"))
        for number, (text, style) in enumerate(parts):
            told.append(("  " if number else "") + text, style=style)
        return told
