"""What a rule answers, as people read it: a mark before every line, what was looked at, and what was nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from streams.cli.tongue import Tongue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from engine.language import Rulebook
    from engine.watching import Account, Clause, Decisive, Glimpse, Language, Line, Reply

MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}
VERDICTS = {"opened": "bold green", "counted": "green", "covered": "green", "nothing": "bold red", "waiting": "bold yellow"}
#: Events of a kind that are shown; the rest is told by number.
SHOWN = 12
SLASH = " / "


class Answer(Tongue):
    """One reply on its way to the screen."""

    def __init__(self, reply: Reply, languages: Sequence[Language], book: Rulebook) -> None:
        super().__init__(languages, reply.zone, book.catalogue.types)
        self.reply = reply

    def show(self, screen: Console) -> None:
        """Print everything."""
        reply = self.reply
        title = SLASH.join(dict.fromkeys(reply.title[language] for language in self.languages))
        version = f"  {self.words('version')} {reply.rule_version}"
        screen.print(Text.assemble((reply.rule, "bold"), f"  {title}", (version, "dim")))
        for sentence in dict.fromkeys(getattr(reply.in_words, language) for language in self.languages):
            screen.print(Text(sentence, style="dim"))
        self.show_asked(screen)
        for account in reply.accounts:
            screen.print()
            AccountPage(self, account).show(screen)
        if reply.more:
            screen.print()
            screen.print(Text(f"… {self.words('ask.more', SLASH, count=reply.more)}", style="dim"))

    def show_asked(self, screen: Console) -> None:
        """Print what there is to say of the event itself."""
        reply = self.reply
        if reply.asked is None or (reply.part == "anchor" and reply.fate is None and reply.accounts):
            return
        screen.print()
        screen.print(self.event(reply.asked))
        grid = marks_grid()
        if reply.fate is not None:
            grid.add_row("", self.words(f"fate.{reply.fate}", SLASH))
        if reply.part == "none":
            grid.add_row("", self.words("ask.none", SLASH))
        if reply.part == "beside":
            does = "does" if all(line.holds for line in reply.conditions) else "does not"
            grid.add_row(mark(does == "does"), self.words(f"ask.beside.{does}", SLASH))
        self.add_lines(grid, reply.conditions)
        screen.print(Padding(grid, (0, 0, 0, 2)))

    # Parts ------------------------------------------------------------------------------------------------------------

    def event(self, one: Glimpse) -> Text:
        """Return an event: what, which, when, and its values."""
        values = ", ".join(f"{name}: {self.value(value)}" for name, value in one.values.items())
        return Text.assemble(
            self.titled(one.event), " ", (one.id, "bold"), f"  {self.time(one.at)}", (f"  {values}" if values else "", "dim")
        )

    def add_lines(self, grid: Table, lines: Sequence[Line]) -> None:
        """Add conditions to a grid, those of a long one under it."""
        for line in lines:
            grid.add_row(mark(line.holds), Text.assemble(line.text, (f"   {self.actual(line.actual)}", "dim")))
            for test in line.tests:
                grid.add_row("", Text.assemble("  ", mark(test.holds), f" {test.text}", (f"   {self.actual(test.actual)}", "dim")))

    def actual(self, values: dict[str, Any]) -> str:
        """Return the values that decided a condition."""
        return ", ".join(f"{name}: {self.value(value)}" for name, value in values.items())


def mark(holds: bool | None) -> Text:
    """Return ✓, ✗ or –."""
    return Text(*MARKS[holds])


def marks_grid() -> Table:
    """Return an empty grid with room for a mark before each line."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    return grid


class AccountPage:
    """One anchor's account on its way to the screen."""

    def __init__(self, answer: Answer, account: Account) -> None:
        self.answer = answer
        self.account = account
        self.words = answer.words

    def show(self, screen: Console) -> None:
        """Print the verdict and the reasons."""
        answer, account = self.answer, self.account
        key = ", ".join(f"{name} = {value}" for name, value in account.key.items())
        screen.print(Text.assemble(answer.event(account.event), (f"  {key}", "dim")))
        screen.print(Padding(self.verdict(), (0, 0, 0, 2)))
        screen.print(Padding(self.reasons(), (0, 0, 0, 2)))

    def reasons(self) -> Table:
        """Return each condition and what was asked beside them, with marks."""
        grid = marks_grid()
        self.answer.add_lines(grid, self.account.conditions)
        grid.add_row(mark(self.account.clause.holds), self.head())
        grid.add_row("", self.details())
        return grid

    def verdict(self) -> Text:
        """Return the verdict, with the task."""
        answer, account = self.answer, self.account
        values = {} if account.task is None else {"at": answer.time(account.task.at), "rule": account.task.rule}
        told = Text(f"→ {self.words(f'ask.{account.verdict}', SLASH, **values)}", style=VERDICTS[account.verdict])
        if account.task is not None:
            told.append(f"  {account.task.task_id}", style="dim")
            state = self.words(account.task.state, SLASH)
            told.append(f"  {state}", style="")
            if account.task.decided_at.year > 1900:
                told.append(f"  {self.words('ask.decided', SLASH, at=answer.time(account.task.decided_at))}", style="dim")
        return told

    def head(self) -> str:
        """Return what was asked beside the conditions, in a line."""
        clause = self.account.clause
        values: dict[str, Any] = {
            "value": f"{clause.value or 0:g}",
            "needed": f"{clause.needed or 0:g}",
            "usual": clause.usual,
            "other": ", ".join(map(self.answer.titled, clause.looked_for)),
        }
        return self.words(f"ask.{clause.kind}", SLASH, **values)

    def details(self) -> Table:
        """Return what was looked at, found, not counted and nearest, and what would change the verdict."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        clause = self.account.clause
        if clause.first is not None and clause.last is not None:
            grid.add_row(self.words("ask.looked at"), f"{self.answer.time(clause.first)} … {self.answer.time(clause.last)}")
        self.add(grid, "counted", clause.counted)
        self.add(grid, "ask.found", clause.found)
        if not clause.found and clause.looked_for:
            grid.add_row(self.words("ask.found"), self.nothing_found(clause))
        self.add(grid, "not counted", clause.not_counted)
        if clause.nearest is not None:
            self.add(grid, "ask.nearest", [clause.nearest])
        if self.account.provisional:
            grid.add_row("", self.words("provisional", SLASH))
        for note in clause.notes:
            grid.add_row("", Text(self.words("ask.not told" if note == "not told" else f"note.{note}", SLASH), style="yellow"))
        for line in self.turns(clause):
            grid.add_row(self.words("ask.turn"), line)
        return grid

    def add(self, grid: Table, key: str, events: Sequence[Glimpse]) -> None:
        """Add events under one head."""
        for number, one in enumerate(events[:SHOWN]):
            told = self.answer.event(one)
            why = self.why(one)
            told.append(f"  {why}" if why else "", style="yellow")
            grid.add_row(self.words(key) if number == 0 else "", told)
        if len(events) > SHOWN:
            grid.add_row("", Text(f"… {self.words('more', SLASH, count=len(events) - SHOWN)}", style="dim"))

    def why(self, one: Glimpse) -> str:
        """Return why an event did not do, or by how much it missed."""
        if one.why == "not true":
            return f"{self.words('not true')}: {one.because}"
        if one.why is None:
            return ""
        until = "" if one.until is None else self.answer.time(one.until)
        return self.words(f"ask.{one.why}", SLASH, length=self.answer.length(one.by or 0), until=until, because=one.because)

    def nothing_found(self, clause: Clause) -> str:
        """Return that nothing was found, up to when, and how late it may still come."""
        reply, answer = self.answer.reply, self.answer
        settled = reply.settled or reply.now
        told = [self.words("ask.found nothing", SLASH, settled=answer.time(settled), now=answer.time(reply.now))]
        late = [(event, reply.late_by[event]) for event in clause.looked_for if event in reply.late_by]
        told += [self.words("ask.late", SLASH, event=event, length=answer.length(length)) for event, length in late]
        if reply.held_by is not None:
            told.append(self.words("ask.held", SLASH, source=reply.held_by))
        return "; ".join(told)

    # What would change it ---------------------------------------------------------------------------------------------

    def turns(self, clause: Clause) -> list[str]:
        """Return what would change the verdict: the conditions that failed, or what is decisive beside them."""
        failed = [line.text for line in self.account.conditions if not line.holds]
        if failed:
            return [self.words("ask.turn.condition", SLASH, text=text) for text in failed]
        return [self.turn(one) for one in clause.decisive]

    def turn(self, one: Decisive) -> str:
        """Return one thing that would change the verdict."""
        if one.change == "without":
            ids = ", ".join(one.ids[:SHOWN]) + (" …" if len(one.ids) > SHOWN else "")
            return self.words("ask.turn.without", SLASH, number=one.number, ids=f"{one.event} {ids}" if one.event is not None else ids)
        assert one.first is not None
        assert one.last is not None
        first, last = self.answer.time(one.first), self.answer.time(one.last)
        told = self.words("ask.turn.more", SLASH, number=one.number, event=one.event, first=first, last=last)
        if one.fresh is not None:
            told += f", {self.words('ask.turn.fresh', SLASH, field=one.fresh)}"
        if one.agreeing:
            told += f" ({self.answer.actual(one.agreeing)})"
        if one.amount is not None:
            told += f", {self.words('ask.turn.amount', SLASH, amount=f'{one.amount:g}')}"
        return told
