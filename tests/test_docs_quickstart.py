"""The quickstart, followed word by word by somebody who has never seen the project."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
PAGE = (HOUSE / "docs" / "quickstart.md").read_text("utf-8")
#: Installing is for `make`, and a program that goes on for ever is another test's matter.
NOT_HERE = ("make ", "source ", "mkdir ", "clearly run --rules my-rules --db clearly.db --feed incoming/")


def commands(language: str) -> list[str]:
    """Return the lines of the page's blocks of one language, in order."""
    return [line for block in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()]


class Newcomer:
    """Somebody at a command line, in a folder where the records lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "examples").symlink_to(HOUSE / "examples")

    def types(self, line: str) -> subprocess.CompletedProcess[str]:
        """Return what comes of a line."""
        line, _, target = line.partition(" > ")
        words = [str(Path(sys.executable).with_name("clearly")), *shlex.split(line.replace("TASK_ID", self.task()))[1:]]
        environment = {**os.environ, "PYTHONUTF8": "1"}
        done = subprocess.run(words, cwd=self.folder, env=environment, check=False, capture_output=True, text=True, timeout=300)
        if target:
            (self.folder / target).write_text(done.stdout, encoding="utf-8")
        return done

    def task(self) -> str:
        """Return the id of a task that was found so far."""
        path = self.folder / "tasks.jsonl"
        return str(json.loads(path.read_text("utf-8").splitlines()[0])["task_id"]) if path.exists() else "none"

    def fills_in(self) -> None:
        """Write into the draft of the mapping what the page says."""
        path = self.folder / "my-rules" / "feeds" / "pge-outages.yaml"
        text = path.read_text("utf-8")
        for line in commands("yaml"):
            name = line.strip().partition(":")[0]
            text, filled = re.subn(rf'^ *{name}: "\?".*$', line, text, flags=re.MULTILINE)
            assert filled, f"the draft has no open question about {name}"
        path.write_text(text, encoding="utf-8")


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    for line in commands("sh"):
        if line.startswith(NOT_HERE):
            continue
        done = newcomer.types(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if line.startswith("clearly feed new"):
            newcomer.fills_in()


def test_another_number_makes_stories_fail(tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    assert newcomer.types("clearly init my-rules").returncode == 0
    rule = tmp_path / "my-rules" / "outage" / "repeated-outage.yaml"
    rule.write_text(rule.read_text("utf-8").replace("count: at least 3", "count: at least 4"), encoding="utf-8")
    done = newcomer.types("clearly rules test my-rules")
    assert done.returncode == 1
    assert "wanted" in done.stdout + done.stderr
