"""The form as Markdown: the same YAML in fences, its comments as headings and text. Whoever reads mail or wikis reads it as a page."""

from __future__ import annotations

import re
from typing import Final

OPEN, CLOSE = "```yaml", "```"
FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})\s*(\w*)\s*")
ENDINGS: Final = (".md", ".markdown")


def markdown_of(form: str) -> str:
    """Return a form in YAML as Markdown."""
    lines: list[str] = []
    fenced = False
    for line in form.splitlines():
        is_text = line.startswith("#") or not line
        if is_text == fenced and (line or fenced):
            lines += [CLOSE] if fenced else ["", OPEN]
            fenced = not fenced
        lines.append(prose(line, first=not lines) if is_text else line)
    return "\n".join([*lines, *([CLOSE] if fenced else [])]) + "\n"


def prose(comment: str, *, first: bool) -> str:
    """Return a comment as a heading where it names the form or a field, else as text."""
    text = comment.lstrip("#")
    if first:
        return f"#{text}"
    if text.startswith((" ● ", " ○ ")) and " ○ " not in text[2:]:
        return f"##{text}"
    return f"{text.strip()}  " if text.strip() else ""


def yaml_in(text: str) -> str:
    """Return the YAML in the fences of a page, every line where it was, and nothing else."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        found = FENCE.fullmatch(line)
        if found is not None and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
            lines.append("")
        else:
            lines.append(line if fence else "")
    return "\n".join(lines) + "\n"


def is_markdown(file: str) -> bool:
    """Return whether a file is a page, by its name."""
    return file.lower().endswith(ENDINGS)
