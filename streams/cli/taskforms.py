"""`clearly task explain` and `remedy`: forms written to be filled in with an editor, and handed in with every fault at its place."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from engine.casework import FormJudge, Heading, prefilled, read_form, template
from engine.source import read
from streams.cli.desk import Desk
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.taskorders import Who, order_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from engine.casework import About, Task, Terms
    from streams.cli.options import Where


def write_template(db: Where, part: str, out: Path | None, lang: str) -> int:
    """Write the form of a task, filled in as far as the events say it, and return the exit code."""
    with closing(Desk(db)) as desk:
        task = desk.task(part)
        judge = judge_of(desk.terms())
        known = prefilled(judge.known.facts(task), desk.zone)
        heading = Heading(task=task.id, seq=task.seq, say=task.say, level=task.level)
        text = template(heading, known, about(judge, task), None if lang == "both" else lang)  # type: ignore[arg-type]  # zh or en
    if out is None:
        sys.stdout.write(text)
        return FINE
    if out.exists():
        raise Refused(f"{out}: there is a file already; give another name")
    out.write_text(text, encoding="utf-8")
    return FINE


def hand_in(db: Where, part: str, file: Path, who: Who, *, as_json: bool) -> int:
    """Hand in an explanation that was filled in; refuse it, with everything that is wrong at its place, before anything is sent."""
    text = text_of(file)
    with closing(Desk(db)) as desk:
        task = desk.task(part)
        judge = judge_of(desk.terms())
        form, problems = read_form(text, str(file), task.level, about(judge, task), task.id)
    if form is None:
        raise Refused([str(one) for one in problems], FINDINGS)
    fields: dict[str, Any] = form.fields | ({"overruled": form.overruled} if form.overruled else {})
    given = who._replace(seq=who.seq if who.seq is not None else form.seq)
    return order_tasks(db, "submit_explanation", [task.id], given, fields=fields, evidence=evidence_in(fields), as_json=as_json)


def report_done(db: Where, part: str, file: Path, who: Who, *, as_json: bool) -> int:
    """Report a remedy done, from a file with `results`: for each action its number, what came of it, when, and the evidence."""
    document, problems = read(text_of(file), str(file))
    if document is None or not isinstance(document.data, dict):
        told = [str(one) for one in problems] or [
            f"{file}:1:1: write 'results:' and under it '- {{action: 1, result: …, done: …, evidence: […]}}'"
        ]
        raise Refused(told, FINDINGS)
    fields = document.data
    return order_tasks(db, "submit_remedy", [part], who, fields=fields, evidence=evidence_in(fields), as_json=as_json)


def text_of(file: Path) -> str:
    """Return what a file says; refuse one that is not there, or is not UTF-8."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error


def judge_of(terms: Terms) -> FormJudge:
    """Return the judge of the office, which knows the events of a task."""
    judge = terms.judge
    assert isinstance(judge, FormJudge), "the office of a store judges by the form"
    return judge


def about(judge: FormJudge, task: Task) -> About:
    """Return what is known of a task when its form is checked: everything that counts as evidence now."""
    return judge.about(task, tuple(task.evidence), set())


def evidence_in(value: Any) -> list[str]:
    """Return every id that stands under `evidence` anywhere in what was written."""
    if isinstance(value, dict):
        own = value.get("evidence")
        found = [one for one in own if isinstance(one, str)] if isinstance(own, list) else []
        return list(dict.fromkeys([*found, *(one for part in value.values() for one in evidence_in(part))]))
    return list(dict.fromkeys(one for part in value for one in evidence_in(part))) if isinstance(value, list) else []
