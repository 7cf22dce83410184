"""The states of a task, the roles of people, and what each state means for the clock."""

from __future__ import annotations

from typing import Final, NamedTuple

#: The timer at whose end it is looked at whether it came back.
WATCH_ENDS: Final = "T.watch"


class State(NamedTuple):
    """One state: its names for people, whose clock runs in it, and which timers may be armed in it."""

    name: str
    zh: str
    en: str
    #: `unit`, `supervisor`, `engine`, or nobody where a task is over or lives on in its parent
    clock: str
    timers: tuple[str, ...] = ()


STATES: Final = {
    state.name: state
    for state in (
        State("CANDIDATE", "待下发", "waiting to be issued", "engine", ("T.wait",)),
        State("ISSUED", "待签收", "waiting for a signature", "unit", ("T.ack", "T.rung", "T.pause_until")),
        State("ACKED", "待说清", "waiting for the explanation", "unit", ("T.interim", "T.explain", "T.sign", "T.rung", "T.pause_until")),
        State("APPEALED", "申诉中", "under appeal", "supervisor", ("T.appeal", "T.appeal_max")),
        State("EXPLAINED", "说明待审", "explanation under review", "supervisor", ("T.review",)),
        State("REMEDYING", "整改中", "remedy under way", "unit", ("T.remedy", "T.sign", "T.rung", "T.pause_until")),
        State("REMEDIED", "整改待审", "remedy under review", "supervisor", ("T.review",)),
        State("WATCHING", "观察期", "watched: does it come back?", "engine", (WATCH_ENDS,)),
        State("CLOSED", "销号", "closed", ""),
        State("CANCELLED", "作废", "cancelled", ""),
        State("MERGED", "并案", "merged into another task", ""),
    )
}
#: A task in one of these is over, or lives on in its parent.
OVER: Final = frozenset({"CLOSED", "CANCELLED", "MERGED"})
#: The unit owes something in these.
OWING: Final = frozenset(name for name, state in STATES.items() if state.clock == "unit")

ROLES: Final = {
    "ENGINE": ("引擎", "the engine"),
    "UNIT_DUTY": ("班组/部门值班", "duty of the unit"),
    "UNIT_LEAD": ("部门负责人", "lead of the unit"),
    "SUP": ("监督专责", "supervisor"),
    "SUP_HEAD": ("分管领导/监督负责人", "head of supervision"),
    "AUDITOR": ("审计", "auditor"),
    "ADMIN": ("管理员", "administrator"),
}
#: Who leads may do what those do whom he leads.
INCLUDES: Final = {"UNIT_LEAD": frozenset({"UNIT_DUTY"}), "SUP_HEAD": frozenset({"SUP"})}
UNIT_SIDE: Final = frozenset({"UNIT_DUTY", "UNIT_LEAD"})
SUPERVISING_SIDE: Final = frozenset({"SUP", "SUP_HEAD"})
