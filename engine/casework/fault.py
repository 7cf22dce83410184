"""What is wrong in what somebody handed in: where, which reason code, and what would be right, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.casework.formwords import PHRASES, phrase

if TYPE_CHECKING:
    from engine.watching import Language

    Path = tuple[str | int, ...]

#: What `suggest` found, to be said in Chinese too.
HINT: Final = re.compile(r"did you mean '(.+)'")


class Fault(NamedTuple):
    """One thing that is wrong. `values` are filled into its sentence."""

    path: Path
    code: str
    values: dict[str, Any]

    @property
    def field(self) -> str:
        """Return the field that it is in."""
        return str(self.path[0]) if self.path else ""

    @property
    def where(self) -> str:
        """Return the whole way to it: `actions[2].owner`."""
        steps = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return steps.removeprefix(".")

    def __str__(self) -> str:
        return f"{self.where}: {self.say('zh')} / {self.say('en')}"

    def say(self, language: Language) -> str:
        """Return what is wrong and what would be right."""
        names = {name: called(language, value) if name in {"name", "other"} else value for name, value in self.values.items()}
        hint = str(names.get("hint", ""))
        near = HINT.search(hint)
        names["hint"] = phrase(language, "form.near", value=near[1]) if near is not None and language == "zh" else hint
        return phrase(language, f"fault.{self.code}", **names)


def fault(path: Path, code: str, **values: Any) -> Fault:
    """Return a fault; unless it says otherwise, it is called by its path."""
    return Fault(path, code, {"name": path, **values})


def called(language: Language, path: Path | str) -> str:
    """Return what people call a part of the form, the field first."""
    steps = [path] if isinstance(path, str) else [str(step + 1) if isinstance(step, int) else step for step in path]
    words = []
    for step in steps:
        key = next((key for key in (f"field.{step}", f"part.{step}") if key in PHRASES), None)
        words.append(step if key is None else phrase(language, key))
    return " · ".join(words)
