"""`clearly rules new`: a few answers to a rule file and its first stories."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from engine.authoring import RULE_SCHEMA, STORY_SCHEMA, Wish, draft_stories, rule_text
from engine.language import read_rules
from engine.rehearsal import rehearse
from engine.source import suggest
from engine.watching import LANGUAGES, say
from streams.cli.outcome import FINDINGS, FINE, Refused
from streams.cli.problems import checked
from streams.cli.schemas import schemas_of
from streams.cli.screen import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.language import Folder, Rulebook
    from engine.watching import Language

#: The questions in their order, with what is written in the file where nothing better is known yet.
TRIAL: dict[str, Any] = {
    "event": "",
    "if": (),
    "same": (),
    "look": "each",
    "count": "",
    "missing": "",
    "within": "1 day",
    "title": "规则 / rule",
    "name": "new-rule",
    "severity": "minor",
    "to": "",
    "due": "5 working days",
    "owner": "?",
    "reason": "?",
}
#: What must be said; all else has a default or depends on it.
NEEDED = ("event", "same", "title", "name", "to", "owner", "reason")
COUNTED = re.compile(r"(?:at least )?([0-9]{1,9})(?: different (\w+))?")
#: Which words of a rule file an answer stands behind; problems elsewhere are not this answer's.
STANDS = {"if": "", "count": "count", "missing": "event", "name": "rule", "same": "same"}


def draft_rule(root: Path, given: Mapping[str, Any], lang: str) -> int:
    """Write the rule and its stories into the folder, say what is there now, and return the exit code."""
    languages: tuple[Language, ...] = LANGUAGES if lang == "both" else (lang,)  # type: ignore[assignment]  # zh or en
    desk = Desk(root, languages)
    wish = desk.wish(desk.answers(given))
    path, text = f"{folder_of(wish)}/{wish.rule}.yaml", rule_text(wish)
    made = desk.read({path: text})
    book = made.rulebook
    wrong = [f"{root / one.place.file}{str(one).removeprefix(one.place.file)}" for one in made.problems if one.level == "error"]
    if book is None:
        raise Refused(wrong, FINDINGS)
    stories = f"# yaml-language-server: $schema=../{STORY_SCHEMA}\n" + draft_stories(book.rules[wish.rule], book, languages)
    write(root, {path: text, path.replace(".yaml", ".test.yaml"): stories, **schemas_of(book)})
    return desk.tell(path, text, stories)


@dataclass
class Desk:
    """Where a rule is drafted: the folder as it is, and the answers so far."""

    root: Path
    languages: Sequence[Language]
    files: Mapping[str, str] = field(init=False)
    book: Rulebook = field(init=False)

    def __post_init__(self) -> None:
        found = checked(self.root)
        if found.folder.rulebook is None:
            raise Refused([str(one) for one in found.findings if one.level == "error"], FINDINGS)
        self.files, self.book = found.files, found.folder.rulebook

    # Answers ----------------------------------------------------------------------------------------------------------

    def answers(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers: those given as options, and those that a person types where somebody is there to ask."""
        if "count" in given and "missing" in given:
            raise Refused("--count and --missing: a rule counts, or waits for something that does not come; give one of them")
        answers = dict(given)
        for setting in self.questions(answers):
            if setting in answers:
                self.check(setting, answers)
            elif sys.stdin.isatty():
                self.ask(setting, answers)
            elif setting in NEEDED:
                lacking = [f"--{one}" for one in self.questions(answers) if one in NEEDED and one not in answers]
                raise Refused(f"nobody is there to be asked; say {', '.join(lacking)} too")
        return answers

    def questions(self, answers: Mapping[str, Any]) -> Iterator[str]:
        """Give what is to be asked, each question depending on the answers before."""
        yield from ("event", "if", "same")
        if "count" not in answers and "missing" not in answers and sys.stdin.isatty():
            yield "look"
        if "count" in answers or answers.get("look") == "count":
            yield from ("count", "within")
        if "missing" in answers or answers.get("look") == "absence":
            yield from ("missing", "within")
        yield from ("title", "name", "severity", "to", "due", "owner", "reason")

    def ask(self, setting: str, answers: dict[str, Any]) -> None:
        """Ask until the answer makes sense."""
        sys.stderr.write("".join(f"  {line}\n" for line in self.choices(setting, answers)))
        while True:
            shown = self.hint(setting, answers)
            typed = typer.prompt(self.say(f"ask.{setting}"), default=shown, show_default=bool(shown), err=True).strip()
            answer = self.understood(setting, typed)
            if answer is None:
                if setting in NEEDED:
                    continue
                return
            try:
                self.check(setting, {**answers, setting: answer})
            except Refused as refused:
                sys.stderr.write("".join(f"  {line}\n" for line in refused.lines))
                continue
            answers[setting] = answer
            return

    def choices(self, setting: str, answers: Mapping[str, Any]) -> Iterator[str]:
        """Give what there is to choose from, a line each."""
        types = self.book.catalogue.types
        listed: Mapping[str, Any] = {}
        if setting in ("event", "missing"):
            listed = {name: kind.title for name, kind in types.items()}
        elif setting == "if":
            listed = {name: one.title for name, one in types[answers["event"]].fields.items()}
        elif setting == "to" and self.book.places is not None:
            listed = {role: {} for role in sorted(self.book.places.roles or ())}
        for name, title in listed.items():
            yield f"{name}  {' / '.join(dict.fromkeys(title.get(language, '') for language in self.languages))}".rstrip()

    def understood(self, setting: str, typed: str) -> Any:
        """Return an answer as options would have given it, or None where nothing was said."""
        if setting in ("if", "same"):
            parts = [part.strip() for part in re.split(r"[;；]" if setting == "if" else r"[,，]", typed)]
            return [part for part in parts if part] or None
        if setting == "look":
            return {"1": "count", "2": "absence", "3": "each"}.get(typed, typed)
        return typed or None

    def hint(self, setting: str, answers: Mapping[str, Any]) -> str:
        """Return what is taken where nothing is typed."""
        if setting == "name":
            english = answers.get("title", "").rpartition(" / ")[2].lower()
            return "-".join(re.findall(r"[a-z0-9]+", english))[:60].strip("-")
        return {"look": "1", "severity": "minor", "due": "5 working days", "count": "3"}.get(setting, "")

    def check(self, setting: str, answers: Mapping[str, Any]) -> None:
        """Refuse an answer that lint would not accept, with lint's own words."""
        if setting == "look":
            if answers["look"] not in ("count", "absence", "each"):
                raise Refused(f"'{answers['look']}'{suggest(answers['look'], ('count', 'absence', 'each'))}; type 1, 2 or 3")
            return
        if setting in ("count", "missing") and (unlike := self.unlike(setting, answers[setting])):
            raise Refused(unlike)
        if setting == "name" and any(path.endswith(f"/{answers['name']}.yaml") for path in self.files):
            raise Refused(f"there is a rule '{answers['name']}' already; choose another name")
        told = [*self.problems(setting, answers)]
        if told:
            raise Refused(told)

    def unlike(self, setting: str, answer: str) -> str:
        """Return what is wrong with an answer that lint would not get to see."""
        if setting == "count" and not COUNTED.fullmatch(answer):
            return f"'{answer}' is no number; write 3, or '3 different customer'"
        types = self.book.catalogue.types
        if setting == "missing" and answer not in types:
            return f"there is no event '{answer}'{suggest(answer, types)}"
        return ""

    def problems(self, setting: str, answers: Mapping[str, Any]) -> Iterator[str]:
        """Give lint's problems with the lines that the answer stands in, in a rule that is otherwise without fault."""
        wish = self.wish({**answers})
        text = rule_text(wish)
        lines = text.splitlines()
        path = f"{folder_of(wish)}/{wish.rule}.yaml"
        word = STANDS.get(setting, setting)
        for one in self.read({path: text}).problems:
            if one.place.file != path or one.level != "error" or one.place.line > len(lines):
                continue
            line = lines[one.place.line - 1].strip().removeprefix("- ")
            if line.startswith(f"{word}:") if word else any(part in line for part in answers["if"]):
                yield one.say

    def read(self, more: Mapping[str, str]) -> Folder:
        """Return the folder as it would be with some more files."""
        return read_rules({**self.files, **more})

    def wish(self, answers: Mapping[str, Any]) -> Wish:
        """Return the wish that the answers make."""
        said = {**TRIAL, **answers}
        counted = COUNTED.fullmatch(said["count"])
        look = "count" if counted else "absence" if said["missing"] else "each"
        same = tuple(one for one in said["same"] if one != "nothing")
        roles = sorted(self.book.places.roles or ()) if self.book.places is not None else []
        return Wish(
            rule=said["name"],
            title=said["title"],
            event=said["event"],
            same=same,
            to=said["to"] or next(iter(roles), "?"),
            owner=said["owner"],
            reason=said["reason"],
            conditions=tuple(said["if"]),
            look=look,  # type: ignore[arg-type]  # one of the three
            least=int(counted[1]) if counted else 1,
            different=counted[2] if counted else None,
            other=said["missing"] or None,
            within=said["within"],
            severity=said["severity"],
            due=said["due"],
            schema=f"../{RULE_SCHEMA}",
        )

    # What a person sees -----------------------------------------------------------------------------------------------

    def say(self, key: str, **values: object) -> str:
        """Return a phrase in the languages asked for."""
        return " / ".join(dict.fromkeys(say(language, key, **values) for language in self.languages))

    def tell(self, path: str, text: str, stories: str) -> int:
        """Show what was written, how the stories go, and what to type next; return the exit code."""
        screen = console()
        made = self.read({path: text, path.replace(".yaml", ".test.yaml"): stories})
        assert made.rulebook is not None, "the rule was read before, and stories do not harm it"
        mine = [test for test in made.tests if path.endswith(f"/{test.rule}.yaml")]
        faults = [f"{one.name}: {fault}" for one in mine for fault in rehearse(made.rulebook, one, made.rulebook.places).faults]
        screen.print(Text(text.rstrip()), soft_wrap=True)
        screen.print()
        for written in (path, path.replace(".yaml", ".test.yaml"), RULE_SCHEMA, STORY_SCHEMA):
            screen.print(Text.assemble(f"{self.say('wrote')} ", (str(self.root / written), "bold")), soft_wrap=True)
        screen.print(self.say("stories go", passed=len(mine) - len(faults), all=len(mine)))
        for fault in faults:
            screen.print(Text(f"  {fault}", style="red"), soft_wrap=True)
        screen.print(
            Text(f"\n  clearly rules test {self.root} --rule {path.rpartition('/')[2].removesuffix('.yaml')}", style="bold"), soft_wrap=True
        )
        return FINDINGS if faults else FINE


def folder_of(wish: Wish) -> str:
    """Return where a rule lies: with the others about the same kind of thing."""
    return wish.event.partition(".")[0] or "rules"


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files into the folder; the schemas are made anew, nothing else may be there already."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not name.endswith(".json"):
            raise Refused(f"{path}: this file is there already")
        path.write_text(text, encoding="utf-8")
