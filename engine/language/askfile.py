"""From the `task` of a rule file to what is asked: who, how urgent, by when, in which words."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any, get_args

from engine.calendar import Length
from engine.language.rulebook import Ask, Follow, Pattern, Selection, Sequence, Severity
from engine.language.rulesheet import shown
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.language.rulesheet import RuleSheet

TASK = ("severity", "to", "due", "say")
SEVERITIES: dict[str, Severity] = {"提示": "info", "一般": "minor", "重要": "major", "重大": "serious", "特殊": "critical"}
ESCALATE = "'escalate' is not written in rules: the ladder of the casework profile says who is asked next, and when"


def read_ask(sheet: RuleSheet, value: Any, anchor: Selection, pattern: Pattern) -> Ask:
    """Return the task that the rule asks for."""
    written = value
    if isinstance(value, dict) and "escalate" in value:
        sheet.say(("task", "escalate"), "escalate", ESCALATE, key=True)
        written = {name: part for name, part in value.items() if name != "escalate"}
    data = sheet.mapping(written, ("task",), TASK, "task")
    severity, to = read_severity(sheet, data), sheet.text(data, ("task",), "to")
    roles = sheet.basis.roles
    if roles is not None and to and to not in roles:
        sheet.say(("task", "to"), "unknown-role", f"there is no role '{to}' in routes.yaml{suggest(to, roles)}")
    if "due" not in data:
        sheet.say(("task",), "missing", "'due' is missing", key=True)
    due = sheet.length(data["due"], ("task", "due")) if "due" in data else Length(1, "days")
    say = sheet.text(data, ("task",), "say")
    check_say(sheet, say, anchor, pattern)
    return Ask(severity, to, due, say)


def read_severity(sheet: RuleSheet, data: Mapping[str, Any]) -> Severity:
    """Return how urgent the task is, in either language."""
    words: dict[str, Severity] = {**{word: word for word in get_args(Severity)}, **SEVERITIES}
    value = data.get("severity")
    if isinstance(value, str) and value in words:
        return words[value]
    if "severity" not in data:
        sheet.say(("task",), "missing", "'severity' is missing", key=True)
    else:
        known = suggest(shown(value), words) or f"; choose from {', '.join(words)}"
        sheet.say(("task", "severity"), "word", f"there is no severity '{shown(value)}'{known}")
    return "minor"


def check_say(sheet: RuleSheet, say: str, anchor: Selection, pattern: Pattern) -> None:
    """Note names in a sentence that nothing fills."""
    known = {*anchor.same, *sheet.basis.fields_of(anchor.events), "count", "value", "title"}
    if isinstance(pattern, Follow | Sequence):
        known.add("deadline")
    try:
        parts = [(name, form, turn) for _, name, form, turn in Formatter().parse(say) if name is not None]
    except ValueError:
        sheet.say(("task", "say"), "say", "a bracket { or } has no partner; write {{ or }} for the sign itself")
        return
    for name, form, turn in parts:
        if form or turn:
            sheet.say(("task", "say"), "say", f"write {{{name}}} without ':' and '!'")
        elif name == "deadline" and name not in known:
            sheet.say(("task", "say"), "say", "nothing fills {deadline}: only what must follow, or must not, has one")
        elif anchor.events and name not in known:
            sheet.say(("task", "say"), "say", f"nothing fills {{{name}}}{suggest(name, known)}")
