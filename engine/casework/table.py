"""The transition table: every way in which a task can move, 63 rows, long because it is the whole of it.

The rows are the one source of what is documented, allowed and refused. `=` keeps the state, `prior` is the state before an appeal,
a row without sources makes the task. A guard is a conjunction of atoms, `¬` in front of those that must be false.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Row(NamedTuple):
    """One row: where from, on what, if what, where to, by whom; the entry that it appends, what else is published, what it does."""

    number: int
    sources: tuple[str, ...]
    event: str
    guard: tuple[str, ...]
    target: str
    who: tuple[str, ...]
    kind: str
    also: str
    effect: str

    def leads(self, state: str, prior: str | None) -> str:
        """Return the state that a task is in afterwards."""
        match self.target:
            case "=":
                return state
            case "prior":
                return prior or state
            case target:
                return target


NEW: Final[tuple[str, ...]] = ()
BEFORE_REVIEW: Final = ("ISSUED", "ACKED")
OWED: Final = ("ISSUED", "ACKED", "REMEDYING")
HANDED_IN_NEXT: Final = ("ACKED", "REMEDYING")
UNDER_WAY: Final = ("ISSUED", "ACKED", "EXPLAINED", "REMEDYING", "REMEDIED")
ASSESSABLE: Final = ("ISSUED", "ACKED", "EXPLAINED", "REMEDYING", "REMEDIED", "WATCHING", "CLOSED")
SENT: Final = ("ISSUED", "ACKED", "APPEALED", "EXPLAINED", "REMEDYING", "REMEDIED")
STANDING: Final = ("ISSUED", "ACKED", "APPEALED", "EXPLAINED", "REMEDYING", "REMEDIED", "WATCHING")
READABLE: Final = ("CANDIDATE", "ISSUED", "ACKED", "APPEALED", "EXPLAINED", "REMEDYING", "REMEDIED", "WATCHING", "CLOSED")
CANCELLABLE: Final = ("CANDIDATE", "ISSUED", "ACKED", "EXPLAINED", "REMEDYING", "REMEDIED", "WATCHING")

# fmt: off
ROWS: Final = (
    Row(1, NEW, "R.match", ("¬urgent",), "CANDIDATE", ("ENGINE",), "task.candidate", "",
        "create; snapshot of rule, ladder, calendar and route versions; arm T.wait"),
    Row(2, NEW, "R.match", ("urgent",), "ISSUED", ("ENGINE",), "task.issued", "alert",
        "create; level floor by severity; arm T.ack (short)"),
    Row(3, ("CANDIDATE",), "R.match", (), "=", ("ENGINE",), "evidence.added", "",
        "append evidence; T.wait may move later, never past wait_max"),
    Row(4, ("CANDIDATE",), "R.clear", (), "CANCELLED", ("ENGINE",), "task.cancelled", "",
        "nothing was ever sent to the unit"),
    Row(5, ("CANDIDATE",), "R.inhibit", ("¬urgent",), "=", ("ENGINE",), "clock.paused", "",
        "add parent; T.wait held"),
    Row(6, ("CANDIDATE",), "R.release", (), "=", ("ENGINE",), "clock.resumed", "",
        "remove parent; when none left, arm T.wait with release_grace"),
    Row(7, ("CANDIDATE",), "R.absorb", (), "MERGED", ("ENGINE",), "task.merged", "",
        "evidence and counts copied to parent"),
    Row(8, ("CANDIDATE",), "T.wait", ("¬inh",), "ISSUED", ("ENGINE",), "task.issued", "alert if floor > 0",
        "anchor the clock; arm T.ack; level floor by severity and by recurrence"),
    Row(9, ("ISSUED",), "C.ack", ("both",), "ACKED", ("UNIT_DUTY",), "task.acknowledged", "",
        "named person recorded; arm T.explain (and T.interim when severe) anchored at issue, so a late signature buys no time; "
        "ack ends only the ack obligation, never the ladder"),
    Row(10, ("ISSUED",), "T.ack", (), "=", ("ENGINE",), "clock.breached", "alert",
        "breach(ack) recorded for ever; rungs counted from here"),
    Row(11, BEFORE_REVIEW, "C.appeal", ("app",), "APPEALED", ("UNIT_LEAD",), "task.appealed", "supervision",
        "grounds code + evidence; unit clock PAUSED; arm T.appeal, T.appeal_max"),
    Row(12, ("APPEALED",), "C.uphold", ("two",), "CANCELLED", ("SUP_HEAD",), "task.cancelled", "",
        "reason; counted as a false accusation of the rule"),
    Row(13, ("APPEALED",), "C.reassign", ("sep",), "ISSUED", ("SUP",), "task.reassigned", "alert if level > 0",
        "other unit; fresh anchor for it; the first unit's clock is void"),
    Row(14, ("APPEALED",), "C.deny", ("sep",), "prior", ("SUP",), "appeal.denied", "",
        "reason; unit clock resumes with what was left"),
    Row(15, ("APPEALED",), "C.withdraw", (), "prior", ("UNIT_LEAD",), "appeal.withdrawn", "",
        "clock resumes"),
    Row(16, ("APPEALED",), "T.appeal", (), "=", ("ENGINE",), "clock.breached", "supervision",
        "breach of the supervisor"),
    Row(17, ("APPEALED",), "T.appeal_max", (), "prior", ("ENGINE",), "appeal.lapsed", "supervision",
        "appeal lapsed undecided (does not use up `app`); held against the supervisor"),
    Row(18, BEFORE_REVIEW, "C.reassign", ("sep",), "ISSUED", ("SUP",), "task.reassigned", "alert if level > 0",
        "other unit, fresh ack clock; reason"),
    Row(19, ("ACKED",), "C.submit_interim", (), "=", ("UNIT_LEAD",), "task.interim", "",
        "stops T.interim"),
    Row(20, ("ACKED",), "T.interim", (), "=", ("ENGINE",), "clock.breached", "alert",
        "breach(interim)"),
    Row(21, ("ACKED",), "C.submit_explanation", ("signed", "valid"), "EXPLAINED", ("UNIT_LEAD",), "task.explained", "",
        "unit clock STOPPED; arm T.review"),
    Row(22, ("ACKED",), "T.explain", (), "=", ("ENGINE",), "clock.breached", "alert",
        "breach(explain)"),
    Row(23, ("EXPLAINED",), "C.accept", ("sep", "needrem"), "REMEDYING", ("SUP",), "task.accepted", "",
        "arm T.remedy = min(declared date, anchor + category maximum) but at least accept + 3 working days"),
    Row(24, ("EXPLAINED",), "C.accept", ("sep", "¬needrem"), "WATCHING", ("SUP",), "task.accepted", "",
        "arm T.watch"),
    Row(25, ("EXPLAINED",), "C.reject", ("sep",), "ACKED", ("SUP",), "task.rejected", "alert if a rung fires",
        "reason codes per field; round + 1; time left = max(left at submission, rework minimum), the original due date stays on "
        "record; round > max counts as a rung trigger"),
    Row(26, ("EXPLAINED",), "C.withdraw", (), "ACKED", ("UNIT_LEAD",), "task.withdrawn", "",
        "clock resumes with what was left, no rework minimum"),
    Row(27, ("EXPLAINED",), "T.review", (), "=", ("ENGINE",), "clock.breached", "supervision",
        "breach of the supervisor"),
    Row(28, ("REMEDYING",), "C.submit_remedy", ("signed", "done"), "REMEDIED", ("UNIT_LEAD",), "task.remedied", "",
        "clock STOPPED; arm T.review"),
    Row(29, ("REMEDYING",), "T.remedy", (), "=", ("ENGINE",), "clock.breached", "alert",
        "breach(remedy)"),
    Row(30, ("REMEDIED",), "C.accept", ("sep",), "WATCHING", ("SUP",), "task.accepted", "",
        "remedy effective time recorded; arm T.watch"),
    Row(31, ("REMEDIED",), "C.reject", ("sep",), "REMEDYING", ("SUP",), "task.rejected", "alert if a rung fires",
        "as row 25, on the remedy clock"),
    Row(32, ("REMEDIED",), "C.withdraw", (), "REMEDYING", ("UNIT_LEAD",), "task.withdrawn", "",
        "clock resumes"),
    Row(33, ("REMEDIED",), "T.review", (), "=", ("ENGINE",), "clock.breached", "supervision",
        "breach of the supervisor"),
    Row(34, ("WATCHING",), "T.watch", ("eff",), "CLOSED", ("ENGINE",), "task.closed", "kpi",
        "score the task"),
    Row(35, ("WATCHING",), "T.watch", ("¬eff",), "ISSUED", ("ENGINE",), "task.reopened", "alert",
        "cycle + 1; remedy marked ineffective; level floor + 1"),
    Row(36, ("WATCHING",), "R.match", ("aft",), "ISSUED", ("ENGINE",), "task.reopened", "alert",
        "recurrence: cycle + 1; level floor = last level + 1; evidence appended"),
    Row(37, ("WATCHING",), "R.match", ("¬aft",), "=", ("ENGINE",), "evidence.added", "",
        "late old evidence; note for the reviewer"),
    Row(38, ("WATCHING",), "C.close_early", ("two",), "CLOSED", ("SUP_HEAD",), "task.closed", "kpi",
        "reason"),
    Row(39, ("CLOSED",), "C.reopen", ("win",), "ISSUED", ("SUP",), "task.reopened", "alert",
        "reason; cycle + 1; fresh anchor; KPI of the old cycle is not rewritten"),
    Row(40, ("CLOSED",), "R.match", ("aft",), "=", ("ENGINE",), "task.recurred", "",
        "new task spawned with `recurrence_of` and level floor = last level + 1 (inside the recurrence window)"),
    Row(41, ("CLOSED",), "R.match", ("¬aft",), "=", ("ENGINE",), "evidence.added", "",
        "appended as late evidence"),
    Row(42, ("CANCELLED",), "C.reinstate", ("two", "win"), "ISSUED", ("SUP_HEAD",), "task.reinstated", "alert if level > 0",
        "a cancellation can be undone, a task cannot be deleted; fresh anchor"),
    Row(43, OWED, "C.pause", ("sep", "capok"), "=", ("SUP",), "clock.paused", "",
        "clock PAUSED(reason, until); arm T.pause_until; no rung fires"),
    Row(44, OWED, "C.resume", ("sep",), "=", ("SUP",), "clock.resumed", "",
        "clock RUN; due date recomputed"),
    Row(45, OWED, "T.pause_until", (), "=", ("ENGINE",), "clock.resumed", "",
        "clock RUN; a pause cannot be forgotten"),
    Row(46, OWED, "C.extend", ("sep", "ext"), "=", ("SUP",), "clock.extended", "",
        "new due date with rationale; old one kept"),
    Row(47, BEFORE_REVIEW, "R.inhibit", ("¬urgent", "¬late"), "=", ("ENGINE",), "clock.paused", "",
        "clock PAUSED(parent), at most inhibit_max"),
    Row(48, BEFORE_REVIEW, "R.release", (), "=", ("ENGINE",), "clock.resumed", "",
        "clock RUN after release_grace"),
    Row(49, BEFORE_REVIEW, "R.absorb", ("¬urgent", "¬late"), "MERGED", ("ENGINE",), "task.merged", "",
        "parent must answer for it by name"),
    Row(50, ("MERGED",), "R.orphan", (), "ISSUED", ("ENGINE",), "task.orphaned", "",
        "parent cancelled: the child stands up again, fresh anchor"),
    Row(51, UNDER_WAY, "C.merge", ("two",), "MERGED", ("SUP_HEAD",), "task.merged", "",
        "into a named open parent; child's breaches stay with the child's unit"),
    Row(52, CANCELLABLE, "C.cancel", ("two",), "CANCELLED", ("SUP_HEAD",), "task.cancelled", "supervision",
        "reason code; counted per person"),
    Row(53, OWED, "T.rung", ("new",), "=", ("ENGINE",), "rung.claimed", "alert",
        "claim (task, cycle, rung) first, then level := k; consequence of the rung"),
    Row(54, UNDER_WAY, "C.escalate", ("sep",), "=", ("SUP",), "rung.claimed", "alert",
        "level + 1 by hand, reason"),
    Row(55, UNDER_WAY, "C.deescalate", ("two",), "=", ("SUP_HEAD",), "rung.lowered", "alert",
        "level down, reason; claimed rungs stay claimed"),
    Row(56, ASSESSABLE, "C.confirm_assessment", ("two",), "=", ("SUP_HEAD",), "assessment.confirmed", "alert, kpi",
        "the L5 proposal becomes real"),
    Row(57, ASSESSABLE, "C.drop_assessment", ("two",), "=", ("SUP_HEAD",), "assessment.dropped", "kpi",
        "the L5 proposal is dropped, reason"),
    Row(58, SENT, "R.match", (), "=", ("ENGINE",), "evidence.added", "alert if floor rises",
        "append evidence; the level floor may rise, no new task"),
    Row(59, STANDING, "R.retract", (), "=", ("ENGINE",), "evidence.withdrawn", "supervision",
        "annotate; when the rule's condition no longer holds: `basis_withdrawn`, the supervisor decides (never a silent delete)"),
    Row(60, READABLE, "C.attach", (), "=", ("UNIT_DUTY", "SUP"), "evidence.added", "",
        "comment or evidence, appended only"),
    Row(61, ("ISSUED",), "C.ack", ("¬both",), "=", ("UNIT_DUTY",), "task.signed", "",
        "one of the two signatures that 督办 asks for; the other one is owed by the same deadline"),
    Row(62, HANDED_IN_NEXT, "C.ack", ("¬signed",), "=", ("UNIT_DUTY",), "task.countersigned", "",
        "the signature that is missing since the task came to 督办; with it T.sign ends, and nothing is handed in before"),
    Row(63, HANDED_IN_NEXT, "T.sign", (), "=", ("ENGINE",), "clock.breached", "alert",
        "breach(sign)"),
)
# fmt: on

#: (state, event) -> the rows to try; a new task has no state.
BY_EVENT: Final[dict[tuple[str, str], tuple[Row, ...]]] = {}
for _row in ROWS:
    for _source in _row.sources or ("",):
        BY_EVENT[_source, _row.event] = (*BY_EVENT.get((_source, _row.event), ()), _row)

COMMANDS: Final = tuple(dict.fromkeys(row.event for row in ROWS if row.event.startswith("C.")))
TIMERS: Final = tuple(dict.fromkeys(row.event for row in ROWS if row.event.startswith("T.")))


def rows_for(state: str, event: str) -> tuple[Row, ...]:
    """Return the rows that an event can take in a state; none where the table knows no such pair."""
    return BY_EVENT.get((state, event), ())


def holds(guard: tuple[str, ...], true: frozenset[str]) -> bool:
    """Return whether a guard holds where just these atoms are true."""
    return all((atom[1:] not in true) if atom[0] == "¬" else atom in true for atom in guard)


def row_for(state: str, event: str, true: frozenset[str]) -> Row | None:
    """Return the one row whose guard holds, or None."""
    for row in BY_EVENT.get((state, event), ()):
        if holds(row.guard, true):
            return row
    return None
