"""What people ask for: commands, what each of them needs, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from engine.casework.fault import Fault
    from engine.casework.journal import Entry
    from engine.casework.publication import Publication
    from engine.casework.task import Task


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody asks that a task moves. `seq` is the number of the last entry that this person saw."""

    #: the same command sent again has the same id and does nothing
    id: str
    #: as in the table, without the `C.`: ack, submit_explanation, accept …
    command: str
    task: str
    actor: str
    #: in which role; empty: whichever of the actor's roles may
    role: str = ""
    reason: str = ""
    seq: int
    #: plain values: dates in microseconds, codes, units
    data: dict[str, Any] = {}
    #: what was written into the form; personal, erasable, and covered in the journal by its hash only
    fields: dict[str, Any] = {}
    #: ids of the evidence that comes with it
    evidence: tuple[str, ...] = ()


class Need(NamedTuple):
    """What a command is called, and what it cannot do without."""

    zh: str
    en: str
    reason: bool = False
    #: name in `data` -> what to say where it is missing
    data: tuple[tuple[str, str, str], ...] = ()


NEEDS: Final = {
    "ack": Need("签收", "sign"),
    "appeal": Need("申诉", "appeal", True, (("grounds", "写明申诉依据", "name the grounds: not-ours, not-true or exempt"),)),
    "uphold": Need("申诉成立", "uphold the appeal", True),
    "deny": Need("驳回申诉", "deny the appeal", True),
    "withdraw": Need("撤回", "withdraw"),
    "reassign": Need("改派", "reassign", True, (("unit", "写明改派单位", "name the unit that answers"),)),
    "submit_interim": Need("提交初步说明", "submit the interim explanation"),
    "submit_explanation": Need("提交说明", "submit the explanation"),
    "accept": Need("通过", "accept"),
    "reject": Need("退回", "reject", True, (("fields", "逐项写明退回原因", "name each field with a reason code"),)),
    "submit_remedy": Need("提交整改", "report the remedy done"),
    "close_early": Need("提前销号", "close early", True),
    "reopen": Need("重新打开", "reopen", True),
    "reinstate": Need("恢复", "reinstate", True),
    "pause": Need("暂停计时", "pause", True, (("code", "选择暂停原因", "name a code"), ("until", "写明暂停到何时", "say until when"))),
    "resume": Need("恢复计时", "resume"),
    "extend": Need("延期", "extend", True, (("by", "写明延期多久", "say by how much, such as '2 working days'"),)),
    "merge": Need("并案", "merge", True, (("into", "写明并入哪个任务", "name the task to merge it into"),)),
    "cancel": Need("作废", "cancel", True, (("code", "选择作废原因", "name a code"),)),
    "escalate": Need("升级", "escalate", True),
    "deescalate": Need("降级", "lower the level", True),
    "confirm_assessment": Need("确认考核", "confirm the assessment", True),
    "drop_assessment": Need("撤销考核", "drop the assessment", True),
    "attach": Need("补充材料", "attach"),
}


class Moved(NamedTuple):
    """Something happened: the task after it, the entries that say so, and what else is published."""

    task: Task
    entries: tuple[Entry, ...]
    published: tuple[Publication, ...]


class Refused(NamedTuple):
    """A command that was not carried out, why, and who could. The refusal itself is an entry where there is a task."""

    code: str
    zh: str
    en: str
    who: tuple[str, ...] = ()
    #: what is wrong with a form, all at once, each at its place
    faults: tuple[Fault, ...] = ()
    #: the same refusal in Chinese and in English without a word of what was written, for the chain; the refusal itself where empty
    brief: tuple[str, str] | None = None
    task: Task | None = None
    entries: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        return self.en


class Dropped(NamedTuple):
    """Nothing happened, and rightly: a repetition, or a timer that was no longer armed."""

    why: str


Outcome = Moved | Refused | Dropped
