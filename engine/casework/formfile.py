"""The form as a file: written to be filled in with any editor, and read back with every fault at its place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.casework.explanation import About, check, is_needed
from engine.casework.fault import called, fault
from engine.casework.form import BY_NAME, FIELDS
from engine.casework.formmarkdown import is_markdown, yaml_in
from engine.casework.formwords import phrase
from engine.casework.reading import is_empty
from engine.source import Place, Problem, read, suggest
from engine.watching import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.casework.fault import Fault, Path
    from engine.casework.form import Field, Part
    from engine.source import Document
    from engine.watching import Language

#: What stands in a form beside its fields.
HEAD: Final = ("task", "seq", "overruled")
#: Text that YAML and everybody else reads the same way without quotes.
PLAIN: Final = re.compile(r"[A-Za-z0-9\u4e00-\u9fff](?:[\w.\u4e00-\u9fff -]*[\w\u4e00-\u9fff])?", re.ASCII)
TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?")


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was filled in: for which task, on top of which entry of its journal, the fields, and the checks overruled."""

    task: str
    seq: int
    fields: dict[str, Any]
    overruled: dict[str, Any] = {}


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What a new form is for."""

    task: str
    seq: int
    say: str = ""
    level: int | None = None


def read_form(text: str, file: str, level: int | None, about: About, task: str | None = None) -> tuple[Form | None, list[Problem]]:
    """Return a filled-in form, or everything that is wrong with it, in both languages and at its place, all at once.

    A file whose name ends in `.md` is Markdown with the form in fences; any other is YAML.
    """
    document, problems = read(yaml_in(text) if is_markdown(file) else text, file)
    if document is None:
        return None, problems
    data = document.data
    if not isinstance(data, dict):
        return None, [*problems, problem(document, fault((), "shape", name="form", wanted="name: value"))]
    faults = [*head(data, task)]
    fields = {name: value for name, value in data.items() if name not in HEAD}
    overruled = data.get("overruled") if isinstance(data.get("overruled"), dict) else {}
    if not is_empty(data.get("overruled")) and not overruled:
        faults.append(fault(("overruled",), "shape", wanted="{vague-only: …}"))
    faults += check({name: value for name, value in fields.items() if name in BY_NAME}, level, about, overruled or {})
    unknown = [fault((name,), "unknown-field", value=name, hint=suggest(name, (*BY_NAME, *HEAD))) for name in fields if name not in BY_NAME]
    problems += [problem(document, one) for one in (*unknown, *faults)]
    if problems:
        return None, sorted(problems)
    return Form(task=data["task"], seq=int(data["seq"]), fields=filled(fields), overruled=filled(overruled or {})), []


def head(data: Mapping[str, Any], task: str | None) -> Iterator[Fault]:
    """Return what is wrong with what says which task a form is for."""
    for name in ("task", "seq"):
        if is_empty(data.get(name)):
            yield fault((), "form-missing", name=name)
    named, seq = data.get("task"), data.get("seq")
    if task is not None and not is_empty(named) and named != task:
        yield fault(("task",), "form-task", value=named, wanted=task)
    if not is_empty(seq) and not (isinstance(seq, str) and seq.isdecimal() and len(seq) < 16):
        yield fault(("seq",), "form-seq")


def problem(document: Document, one: Fault) -> Problem:
    """Return a fault with its place. Of something that is missing the place is the nearest thing around it."""
    place: Place = document.key_place(one.path) if one.code in {"unknown-field", "unknown-check"} else document.place(one.path)
    return Problem(place, one.code, " / ".join(one.say(language) for language in LANGUAGES))


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without the empty ones."""
    return {name: value for name, value in fields.items() if not is_empty(value)}


# Writing ----------------------------------------------------------------------------------------------------------------------


def template(heading: Heading, known: Mapping[str, Any], about: About, language: Language | None = None) -> str:
    """Return a form to be filled in, in one language or in both, with what is known already."""
    return Template(heading, known, about, LANGUAGES if language is None else (language,)).text()


class Template:
    """One form on its way to a file."""

    def __init__(self, heading: Heading, known: Mapping[str, Any], about: About, languages: tuple[Language, ...]) -> None:
        self.heading = heading
        self.known = known
        self.about = about
        self.languages = languages

    def say(self, key: str, **values: Any) -> str:
        """Return a phrase in the languages of the form."""
        return " / ".join(phrase(language, key, **values) for language in self.languages)

    def named(self, name: str | Path) -> str:
        """Return what people call a part of the form."""
        return " / ".join(called(language, name) for language in self.languages)

    def text(self) -> str:
        """Return the whole form."""
        heading = self.heading
        ids = ", ".join(sorted(self.about.evidence or ())) or self.say("form.no evidence")
        level = "" if heading.level is None else " · " + self.say("form.level", level=heading.level)
        lines = [f"# {self.say('form.title')} · {heading.task}{level}"]
        lines += [f"# {line}" for line in heading.say.splitlines()]
        lines += [f"# {self.say(key)}" for key in ("form.marks", "form.comments")]
        lines += [f"# {self.say('form.evidence')}", f"#   {ids}", f"task: {written(heading.task)}", f"seq: {heading.seq}"]
        for field in FIELDS:
            lines += ["", *self.field(field)]
        lines += ["", f"# {self.say('form.overruled')}", "overruled: {}"]
        return "\n".join(lines) + "\n"

    def field(self, field: Field) -> Iterator[str]:
        """Return the lines of one field."""
        mark = "●" if is_needed(field, self.heading.level, self.about) else "○"
        yield f"# {mark} {self.named(field.name)}"
        yield from (f"#   {hint}" for hint in self.hints(field))
        known = self.known.get(field.name, {})
        if field.many:
            yield f"{field.name}:"
            yield f"  - {flow({part.name: '' for part in field.parts})}"
        elif field.boxes:
            yield f"{field.name}:"
            for box in field.boxes:
                yield f"  {box}: {flow(known.get(box) or empty(field))} # {self.named(box)}"
        else:
            yield f"{field.name}:"
            for name, value in (known or empty(field)).items():
                yield f"  {name}: {inline(value)}{self.beside(field, name)}"

    def hints(self, field: Field) -> Iterator[str]:
        """Return what is good to know about a field."""
        if field.name in {"timeline", "scope"}:
            yield self.say("form.both kept")
        if field.may_be_none:
            yield self.say("form.none")
        if field.name in {"history", "contact"}:
            yield self.say(f"form.{field.name}")
        for part in field.parts:
            if part.options:
                yield f"{part.name}: {', '.join(self.choice(one) for one in part.options)}"
        if field.many:
            yield self.say("form.many")
            yield "; ".join(f"{part.name}: {self.named(part.name)}" for part in field.parts)

    def beside(self, field: Field, name: str) -> str:
        """Return the comment beside a value."""
        part = next((part for part in field.parts if part.name == name), None)
        if part is None or part.name in {"text", "evidence"}:
            return ""
        return f" # {self.named(name)}"

    def choice(self, code: str) -> str:
        """Return a code that may be chosen, with its meaning for those who read Chinese."""
        return f"{code} {phrase('zh', f'choice.{code}')}" if "zh" in self.languages else code


def empty(field: Field) -> dict[str, Any]:
    """Return the parts of a field to be filled in."""
    return {part.name: nothing(part) for part in field.parts if part.name != "was"}


def nothing(part: Part) -> str | list[str]:
    """Return what stands where nothing is filled in yet."""
    return [] if part.kind in {"ids", "names"} else ""


def flow(values: Mapping[str, Any]) -> str:
    """Return parts on one line."""
    return "{" + ", ".join(f"{name}: {inline(value)}" for name, value in values.items()) + "}"


def inline(value: Any) -> str:
    """Return a value on one line."""
    return "[" + ", ".join(map(written, value)) + "]" if isinstance(value, list) else written(value)


def written(value: object) -> str:
    """Return a text as YAML reads it back, with quotes only where they are needed."""
    text = str(value)
    return text if PLAIN.fullmatch(text) or TIME.fullmatch(text) else json.dumps(text, ensure_ascii=False)
