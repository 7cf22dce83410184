"""The voice of a rule: findings become changes, with everything that explains them, at the moment of the verdict."""

from __future__ import annotations

from functools import cached_property
from operator import itemgetter
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.calendar import deadline, show_instant
from engine.events import RUNTIME, id_of, id_python, instant_of, instant_python
from engine.watching.code import code_of
from engine.watching.finding import Addressee, Because, Change, Counted, Finding, InWords, Notice, identity, moment, task_id
from engine.watching.mark import Told
from engine.watching.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.events import Event, EventType
    from engine.watching.plan import Plan
    from engine.watching.watch import Watch
    from engine.watching.world import Watching

    Identity = tuple[str, str, str]
    Before = dict[Identity, Told]


TIME = itemgetter(0)


class Delta(NamedTuple):
    """What one change adds to what was told before."""

    at: int
    evidence: Sequence[str] = ()
    removed: Sequence[str] = ()
    because: Because | None = None
    replaces: str | None = None


class Teller:
    """Turns what happens to the findings of one rule into changes of tasks."""

    def __init__(self, plan: Plan, world: Watching) -> None:
        self.plan = plan
        self.world = world
        rule = plan.rule
        self.name, self.version, self.severity, self.status = rule.name, rule.version, rule.ask.severity, rule.status
        #: how long after the finding its task is due, where that is the same on all days
        self.due = rule.ask.due.micros if rule.ask.due.exact else None
        self.say = sentence(rule.ask.say, dict(rule.title), plan, [world.gate.structs[name].kind for name in plan.types])
        conditions = [name for condition in rule.anchor.conditions for name in sorted(condition.fields)]
        measured = [name for name in (getattr(rule.pattern, "different", None), getattr(rule.pattern, "field", None)) if name]
        self.shown = tuple(dict.fromkeys([*conditions, *measured]))
        sift = getattr(rule.pattern, "sift", None)
        #: what leaves an event out of a count, as the rule says it
        self.sift = {name: f"{name}: at least {getattr(sift, name, None)}" for name in ("lasting", "apart")}
        self.is_count = plan.rule.pattern.__class__.__name__ in {"Count", "Rate"}
        self.describe = {struct: describer(struct, self.shown) for name in plan.types if (struct := world.gate.structs[name])}
        self.is_waiting = any(world.progress.declared.get(name) for name in plan.waits_for)

    @cached_property
    def in_words(self) -> InWords:
        """Return the rule as a sentence; only what opens is told with it."""
        kinds = {name: struct.kind for name, struct in self.world.gate.structs.items()}
        return InWords(**in_words(self.plan.rule, kinds, self.plan.zone), zone=self.plan.zone, lasts=self.plan.lasts)

    # Ordinary changes -------------------------------------------------------------------------------------------------

    def opened(self, watch: Watch, finding: Finding, late: Event | None = None, replaces: str | None = None) -> None:
        """Tell that a finding opened, who is asked, until when, and why."""
        finding.notice = self.notice(watch, finding)
        if not self.world.explains:
            self.tell(watch, "opened", finding, Delta(finding.at, list(map(id_of, finding.members)), (), None, replaces))
            self.world.sequel.found(self.plan, finding)
            return
        because = Because(
            rule=self.in_words,
            counted=[self.counted(event) for event in finding.members],
            not_counted=self.not_counted(watch, finding),
            settled=None if self.plan.settle == 0 or finding.value is not None else moment(finding.at),
            provisional=self.plan.is_provisional(instant_of(finding.anchor), finding.anchor),
            without=self.world.progress.silent(self.plan, self.world.progress.now) if self.is_waiting else [],
            late=id_of(late) if late is not None else None,
            edit="rule changed" if self.plan.past and self.plan.is_moved(finding.at, finding.anchor) else None,
        )
        evidence = [one.id for one in because.counted]
        self.tell(watch, "opened", finding, Delta(finding.at, evidence, (), because, replaces))
        self.world.sequel.found(self.plan, finding)

    def grown(self, watch: Watch, finding: Finding, new: list[Event]) -> None:
        """Tell that evidence joined a standing finding."""
        if not self.world.explains:
            self.tell(watch, "updated", finding, Delta(finding.last, list(map(id_of, new))))
            return
        counted = [self.describe[event.__class__](event, None) for event in new]
        self.tell(watch, "updated", finding, Delta(finding.last, [one.id for one in counted], (), Because(None, counted)))

    def ended(self, watch: Watch, finding: Finding) -> None:
        """Tell that a finding no longer holds."""
        self.tell(watch, "ended", finding, Delta(finding.ended or finding.last))
        self.world.sequel.over(self.plan, finding)

    def withdrawn(self, watch: Watch, finding: Finding, late: Event) -> None:
        """Tell that a finding should never have been, and which late event says so."""
        self.tell(watch, "withdrawn", finding, Delta(finding.at, because=Because(late=id_of(late))))
        self.world.sequel.unfound(self.plan, finding)

    def tell(self, watch: Watch, kind: Any, finding: Finding, delta: Delta) -> None:
        """Add one change to what this world has to tell."""
        notice, value, world = finding.notice, finding.value, self.world
        assert notice is not None, "a finding is told as opened before anything else is told of it"
        if self.plan.covers:
            world.sequel.cover(watch)
        # in the order in which `Change` declares them: named, they take five times as long, and this is where the time goes
        world.changes.append(
            Change(
                kind,
                notice.task_id,
                self.name,
                self.version,
                notice.key,
                moment(delta.at),
                moment(world.progress.now),
                list(delta.evidence),
                self.severity,
                notice.to,
                notice.due,
                self.say(finding, finding.members[-1] if finding.members else finding.anchor),
                list(delta.removed),
                int(value) if self.is_count and value is not None else None,
                None if self.is_count else value,
                self.status,
                delta.replaces,
                delta.because,
            )
        )

    # Differences ------------------------------------------------------------------------------------------------------

    def remember(self, watch: Watch) -> Before:
        """Return what has been told of a watch's findings, to be compared with what the fold taken up again finds."""
        return self.world.remembered(watch, lambda: {finding.identity: Told(finding) for finding in watch.findings})

    def difference(self, watch: Watch, before: Before, late: Event) -> None:
        """Tell what a late, withdrawn or corrected fact changed, unless more of the same correction is to come."""
        if not self.world.is_correcting:
            self.compare(watch, before, watch.findings, late)

    def compare(self, watch: Watch, before: Before, findings: Iterable[Finding], late: Event) -> None:
        """Tell the difference between what was told and `findings`."""
        after = {finding.identity: finding for finding in findings}
        replaced = None
        for name, told in before.items():
            if name not in after:
                self.withdrawn(watch, told.finding, late)
                replaced = told.finding.notice.task_id if told.finding.notice else None
        for name, finding in after.items():
            if name in before:
                self.compare_one(watch, before[name], finding, late)
            else:
                self.opened(watch, finding, late, replaced)
                replaced = None
                if finding.ended is not None and self.plan.lasts:
                    self.ended(watch, finding)

    def compare_one(self, watch: Watch, told: Told, finding: Finding, late: Event) -> None:
        """Tell what changed about one finding."""
        finding.notice = told.finding.notice
        if finding.at != told.at:
            finding.notice = self.notice(watch, finding)
            self.world.sequel.found(self.plan, finding)
        now = {identity(event): event for event in finding.members}
        added = [event for name, event in now.items() if name not in told.members]
        # lines name evidence by id alone: where another source told the same id, the id stays
        left = {id_of(event) for event in finding.members}
        gone = [one for name, event in told.members.items() if name not in now and (one := id_of(event)) not in left]
        stands_again = self.plan.lasts and told.ended is not None and finding.ended is None
        if added or gone or stands_again or (finding.at, finding.value) != (told.at, told.value):
            because = Because(counted=[self.counted(event) for event in added], late=id_of(late))
            self.tell(watch, "updated", finding, Delta(finding.last, [id_of(event) for event in added], gone, because))
            told.ended = None
            if stands_again:
                self.world.sequel.stands_again(self.plan, finding)
        if self.plan.lasts and finding.ended is not None and finding.ended != told.ended:
            self.ended(watch, finding)

    def review(self, watch: Watch) -> None:
        """Nothing covers this rule: everything has been told."""

    # The parts of a change --------------------------------------------------------------------------------------------

    def notice(self, watch: Watch, finding: Finding) -> Notice:
        """Return what is fixed when a task opens: its id, who is asked, until when."""
        rule, at = self.plan.rule, finding.at
        key = {name: str(value) for name, value in zip(rule.anchor.same, watch.key, strict=True)}
        due = at + self.due if self.due is not None else deadline(at, rule.ask.due, rule.calendar, self.plan.zone).at
        to = self.world.whereabouts.addressee(rule.ask.to, key, finding.anchor, at)
        return Notice(task_id(self.name, tuple(key.values()), finding.anchor), key, to, moment(due))

    def counted(self, event: Event, because: str | None = None) -> Counted:
        """Return an event as the verdict saw it."""
        return self.describe[event.__class__](event, because)

    def not_counted(self, watch: Watch, finding: Finding) -> list[Counted]:
        """Return the events of the window that were looked at and not counted, each with the condition that did not hold."""
        first, passed = finding.at - self.plan.reach, watch.passed()
        told = []
        for t, event, left_out in sorted(passed, key=TIME) if passed else ():
            if first <= t <= finding.at:
                told.append(self.counted(event, self.failed(event) if left_out is None else self.sift[left_out]))
        return told

    def failed(self, event: Event) -> str | None:
        """Return the condition that an event which was looked at did not meet; where there is one alone, it was that one."""
        conditions = self.plan.rule.anchor.conditions
        return conditions[0].text if len(conditions) == 1 else next((c.text for c in conditions if c.verdict(event) is not True), None)


def describer(struct: type[Event], shown: Sequence[str]) -> Callable[[Event, str | None], Counted]:
    """Return what shows an event of one type as a verdict saw it, with these of its fields: compiled, as every event counted is shown."""
    kind = struct.kind
    values = ", ".join(f"{name!r}: {f'e.{name}' if name in struct.__struct_fields__ else None}" for name in shown)
    names = {**RUNTIME, "Counted": Counted, "at": moment}
    text = f"lambda e, because: Counted({id_python(kind)}, {kind.name!r}, at({instant_python(kind)}), {{{values}}}, because)"
    found: Callable[[Event, str | None], Counted] = eval(code_of(text, "eval"), names)  # noqa: S307 - names of checked fields only
    return found


def sentence(template: str, title: dict[str, str], plan: Plan, kinds: Sequence[EventType]) -> Callable[[Finding, Event], str]:
    """Return what fills `{names}` of a task's sentence: key fields, fields of the newest event, count, value, deadline, title.

    It is compiled, as every change carries its sentence.
    """

    def value(finding: Finding) -> str:
        if finding.value is None:
            return str(len(finding.members))
        whole = int(finding.value)
        return str(whole) if whole == finding.value else f"{finding.value:g}"

    def due(finding: Finding) -> str:
        # a clock that stood still has moved the deadline to where the finding is
        at = finding.at if plan.stops else plan.deadline(instant_of(finding.anchor), finding.anchor)
        return "—" if at is None else show_instant(at, plan.zone)

    def text(event: Event, name: str) -> str:
        found = getattr(event, name, None)
        return "—" if found is None else str(found)

    words = {"count": "value(f)", "value": "value(f)", "deadline": "due(f)", "title": repr(next(iter(title.values()), ""))}
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(repr(literal))
        if name is not None:
            plain = all(name in kind.fields and kind.fields[name].required and kind.fields[name].kind == "text" for kind in kinds)
            parts.append(words.get(name) or (f"e.{name}" if plain else f"text(e, {name!r})"))
    names = {"value": value, "due": due, "text": text}
    made = code_of(f"lambda f, e: ''.join(({', '.join(parts)},))", "eval")
    found: Callable[[Finding, Event], str] = eval(made, names)  # noqa: S307 - see `describer`
    return found


def nobody(role: str) -> Addressee:
    """Return an addressee that is only a role: nobody was looked up."""
    return Addressee(role)
