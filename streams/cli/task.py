"""`clearly task …`: what is due, how a task stands, and every command of the transition table.

The commands of people differ in a few options only, so they are made from a table. Longer than most modules: each option is said here.
"""

from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from streams.cli.options import AsJson, MaybeBootstrap, MaybeDatabase, place
from streams.cli.tasks import Lang

app = typer.Typer(name="task", help="Tasks: see what is due, sign, explain, remedy, judge.", no_args_is_help=True)

TaskId = Annotated[str, typer.Argument(metavar="TASK", help="The task's id, or a part of it that no other has.", show_default=False)]
TaskIds = Annotated[
    list[str], typer.Argument(metavar="TASK...", help="One task or several, each by its id or a part of it.", show_default=False)
]
Actor = Annotated[
    str, typer.Option("--as", metavar="PERSON", envvar="CLEARLY_ACTOR", help="Who you are in the organisation.", show_default=False)
]
MaybeActor = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", envvar="CLEARLY_ACTOR", help="Show what this person may do now.", show_default=False),
]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="In which of your roles, where you have several.", show_default=False)]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the journal.", show_default=False)]
Seq = Annotated[
    int | None,
    typer.Option("--seq", metavar="N", help="The entry that you saw last; the newest where nothing is said.", show_default=False),
]


@app.command("list", epilog="Example: `clearly task list --db clearly.db --overdue --unit linxi`")
def listed(
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    mine: Annotated[str | None, typer.Option("--mine", metavar="PERSON", help="Of this person only.", show_default=False)] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is late.")] = False,
    level: Annotated[int | None, typer.Option("--level", metavar="N", help="On this rung or a higher one.", show_default=False)] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="UNIT", help="In this unit and below.", show_default=False)] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="In this state, such as ACKED.", show_default=False)] = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Of this rule.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="So many at most.")] = 50,
    as_json: AsJson = False,
) -> int:
    """Tasks by urgency: what was missed first, then what is due first."""
    from streams.cli.tasklist import Wanted, list_tasks

    return list_tasks(place(db, bootstrap), Wanted(mine, overdue, level, unit, state, rule, every, most), as_json=as_json)


@app.command("show", epilog="Example: `clearly task show ec89b2 --db clearly.db --as zhang-wei`")
def show(
    task: TaskId, db: MaybeDatabase = None, bootstrap: MaybeBootstrap = None, actor: MaybeActor = None, as_json: AsJson = False
) -> int:
    """How a task stands: state, clocks, ladder, whose turn it is; with --as, what that person may do now and why not the rest."""
    from streams.cli.tasklist import show_task

    return show_task(place(db, bootstrap), task, actor, as_json=as_json)


@app.command("why", epilog="Example: `clearly task why ec89b2 --db clearly.db`")
def why(
    task: TaskId,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    lang: Annotated[Lang, typer.Option("--lang", help="The language.")] = Lang.both,
) -> int:
    """Why a task exists: the rule in words, and the events that counted."""
    from streams.cli.taskhistory import show_why

    return show_why(place(db, bootstrap), task, lang.value)


@app.command("why-due", epilog="Example: `clearly task why-due ec89b2 --db clearly.db`")
def why_due(
    task: TaskId,
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    clock: Annotated[
        str | None, typer.Option("--clock", metavar="NAME", help="Which deadline: ack, explain, remedy …", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Why a task is due when it is due: the anchor, every day that counted, every pause with its reason."""
    from streams.cli.taskhistory import show_why_due

    return show_why_due(place(db, bootstrap), task, clock, as_json=as_json)


@app.command("history", epilog="Example: `clearly task history ec89b2 --db clearly.db`")
def history(task: TaskId, db: MaybeDatabase = None, bootstrap: MaybeBootstrap = None, as_json: AsJson = False) -> int:
    """The journal of a task, in words."""
    from streams.cli.taskhistory import show_history

    return show_history(place(db, bootstrap), task, as_json=as_json)


@app.command("explain", epilog="Example: `clearly task explain ec89b2 --db clearly.db --template form.yaml`")
def explain(
    task: TaskId,
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    template: Annotated[
        Path | None,
        typer.Option("--template", metavar="FILE", help="Write the form here, to be filled in; - prints it.", show_default=False),
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Hand in this form.", show_default=False)] = None,
    actor: Annotated[
        str, typer.Option("--as", metavar="PERSON", envvar="CLEARLY_ACTOR", help="Who you are in the organisation.", show_default=False)
    ] = "",
    role: Role = "",
    seq: Seq = None,
    lang: Annotated[Lang, typer.Option("--lang", help="The language of the form.")] = Lang.both,
    as_json: AsJson = False,
) -> int:
    """说清楚: write the form of the explanation, filled in as far as the events say it; or hand one in, every fault told at its place."""
    from streams.cli.outcome import Refused
    from streams.cli.taskforms import hand_in, write_template
    from streams.cli.taskorders import Who

    if (template is None) == (file is None):
        raise Refused("give --template FILE to write the form, or --file FILE to hand it in")
    if template is not None:
        return write_template(place(db, bootstrap), task, None if str(template) == "-" else template, lang.value)
    assert file is not None
    return hand_in(place(db, bootstrap), task, file, Who(actor, role, "", seq), as_json=as_json)


@app.command("remedy", epilog="Example: `clearly task remedy ec89b2 --db clearly.db --file done.yaml --as sun-jie`")
def remedy(
    task: TaskId,
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="What came of each action of the plan.", show_default=False)],
    actor: Actor,
    role: Role = "",
    seq: Seq = None,
    as_json: AsJson = False,
) -> int:
    """Report the remedy done: for each action of the plan its result, when, and the evidence."""
    from streams.cli.taskforms import report_done
    from streams.cli.taskorders import Who

    return report_done(place(db, bootstrap), task, file, Who(actor, role, "", seq), as_json=as_json)


@app.command("attach", epilog="Example: `clearly task attach ec89b2 fuse.jpg --db clearly.db --as zhang-wei`")
def attach(
    task: TaskId,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files, 20 MB at most each.", show_default=False)],
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    actor: Actor,
    classification: Annotated[str, typer.Option("--class", metavar="CLASS", help="public, internal or personal.")] = "internal",
    role: Role = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> int:
    """Hand in files as evidence; each is kept by the hash of its content."""
    from streams.cli.taskorders import Who, files_in, order_tasks

    return order_tasks(
        place(db, bootstrap), "attach", [task], Who(actor, role, reason), files=files_in(files, classification), as_json=as_json
    )


@app.command(
    "reject", epilog="Example: `clearly task reject ec89b2 --db clearly.db --field root_cause:cause-shallow --reason again --as zhou.min`"
)
def reject(
    task: TaskId,
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    fields: Annotated[
        list[str],
        typer.Option(
            "--field", metavar="FIELD:CODE[:TEXT]", help="A field that is returned, and why. May be repeated.", show_default=False
        ),
    ],
    actor: Actor,
    role: Role = "",
    reason: Reason = "",
    seq: Seq = None,
    as_json: AsJson = False,
) -> int:
    """Return an explanation or a remedy, field by field."""
    from streams.cli.taskorders import Who, order_tasks, returns_in

    return order_tasks(
        place(db, bootstrap), "reject", [task], Who(actor, role, reason, seq), data={"fields": returns_in(fields)}, as_json=as_json
    )


@app.command(
    "erase", epilog="Example: `clearly task erase ec89b2 f-3f9ac2d1e0b4 --db clearly.db --as qin.hao --reason 'asked by the customer'`"
)
def erase(
    task: TaskId,
    evidence: Annotated[
        list[str], typer.Argument(metavar="EVIDENCE...", help="The ids of the evidence; or #N, the text of record N.", show_default=False)
    ],
    *,
    db: MaybeDatabase = None,
    bootstrap: MaybeBootstrap = None,
    actor: Actor,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the journal.", show_default=False)],
    role: Role = "",
    as_json: AsJson = False,
) -> int:
    """清除 / erase personal data: evidence with what was written beside it, or the text of a record. Its hash, and why it is gone, stay."""
    from streams.cli.taskorders import Who, order_tasks

    return order_tasks(place(db, bootstrap), "erase", [task], Who(actor, role, reason), evidence=evidence, as_json=as_json)


class Extra(NamedTuple):
    """An option of one command beside those that all have: its name, what stands for its value, its help, whether it must be there."""

    name: str
    metavar: str
    help: str
    needed: bool = True


SIGNER = Extra("person", "PERSON", "Who will explain; you, where nothing is said.", needed=False)
PAUSE = Extra("code", "CODE", "customer, third-party, permit, weather, material or safety.")
UNTIL = Extra("until", "TIME", "Until when.")
#: Every other command of the table: what its help says, and what it has beside a reason.
ORDERS: dict[str, tuple[str, tuple[Extra, ...]]] = {
    "ack": (
        "签收 / sign: the named person takes the task; under 督办 the unit and that person both sign",
        (Extra("person", "PERSON", "Who will explain; you, where nothing is said.", needed=False),),
    ),
    "submit_interim": ("提交初步说明 / hand in what is known so far", (Extra("text", "TEXT", "What is known so far."),)),
    "appeal": ("申诉 / say that it is not yours, not true, or exempt", (Extra("grounds", "CODE", "not-ours, not-true or exempt."),)),
    "withdraw": ("撤回 / take back what was handed in", ()),
    "uphold": ("申诉成立 / decide that an appeal is right; two people", ()),
    "deny": ("驳回申诉 / decide that an appeal is wrong", ()),
    "accept": ("通过 / accept an explanation or a remedy", (Extra("remedy-due", "TIME", "Until when the remedy is owed.", needed=False),)),
    "reassign": (
        "改派 / give it to another unit",
        (
            Extra("unit", "UNIT", "The unit that answers."),
            Extra("person", "PERSON", "Who in it; its lead, where nothing is said.", needed=False),
        ),
    ),
    "pause": (
        "暂停计时 / let the unit's clock stand",
        (Extra("code", "CODE", "customer, third-party, permit, weather, material or safety."), UNTIL),
    ),
    "resume": ("恢复计时 / let a paused clock go on", ()),
    "extend": (
        "延期 / give more time, once",
        (
            Extra("by", "LENGTH", "By how much, such as '2 working days'."),
            Extra("obligation", "NAME", "ack, sign, explain or remedy; rung: the date of 限期整改. What is owed now, else.", needed=False),
        ),
    ),
    "merge": ("并案 / let it live on in another task", (Extra("into", "TASK", "The task that it lives on in."),)),
    "cancel": ("作废 / cancel it; two people", (Extra("code", "CODE", "Why: duplicate, mistake …"),)),
    "close_early": ("提前销号 / close it before the watch has ended; two people", ()),
    "reopen": ("重新打开 / open it again", ()),
    "reinstate": ("恢复 / take back that it was cancelled", ()),
    "escalate": ("升级 / put it one rung higher", ()),
    "deescalate": ("降级 / put it lower", ()),
    "confirm_assessment": ("确认考核 / confirm the assessment that was proposed; two people", ()),
    "drop_assessment": ("撤销考核 / drop the assessment that was proposed", ()),
}
#: Options whose value is a moment.
MOMENTS = ("until", "remedy-due")


def register_order(command: str, says: str, extras: tuple[Extra, ...]) -> None:
    """Add the command of the program for one command of the table."""
    name = command.removeprefix("submit_").replace("_", "-")

    def run(**given: Any) -> int:
        from streams.cli.taskorders import Who, order_tasks

        said = {one.name: value for one in extras if (value := given[one.name.replace("-", "_")]) is not None}
        return order_tasks(
            place(given["db"], given["bootstrap"]),
            command,
            given["tasks"],
            Who(given["actor"], given["role"], given["reason"], given["seq"]),
            data={name.replace("-", "_"): value for name, value in said.items() if name not in (*MOMENTS, "text")},
            fields={name: value for name, value in said.items() if name == "text"},
            moments={name: value for name, value in said.items() if name in MOMENTS},
            as_json=given["as_json"],
        )

    parameters: dict[str, tuple[Any, Any]] = {
        "tasks": (TaskIds, Parameter.empty),
        "db": (MaybeDatabase, None),
        "bootstrap": (MaybeBootstrap, None),
        "actor": (Actor, Parameter.empty),
    }
    for one in extras:
        kind: Any = str if one.needed else str | None
        option = typer.Option(f"--{one.name}", metavar=one.metavar, help=one.help, show_default=False)
        parameters[one.name.replace("-", "_")] = (Annotated[kind, option], Parameter.empty if one.needed else None)
    parameters |= {"reason": (Reason, ""), "role": (Role, ""), "seq": (Seq, None), "as_json": (AsJson, False)}
    run.__signature__ = Signature(  # type: ignore[attr-defined]  # typer reads the options from it
        [Parameter(key, Parameter.KEYWORD_ONLY, default=default, annotation=kind) for key, (kind, default) in parameters.items()],
        return_annotation=int,
    )
    run.__annotations__ = {key: kind for key, (kind, _) in parameters.items()} | {"return": int}
    run.__doc__ = f"{says}."
    example = " ".join(f"--{one.name} …" for one in extras if one.needed)
    app.command(name, epilog=f"Example: `clearly task {name} ec89b2 --db clearly.db --as PERSON {example}".rstrip() + "`")(run)


for _command, (_says, _extras) in ORDERS.items():
    register_order(_command, _says, _extras)
