"""From nothing to tasks on Kafka, to a poison record mended, and to other rules under way: every line typed, every answer written down.

    python -m scripts.walk                        docs/walk.md anew
    python -m scripts.walk --out FILE --port PORT

Everything is typed into a shell, in a folder of its own. Where something does not answer as it should within a while, the walk ends there.
`tests/kafka/test_walk.py` runs it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Self

from streams.clock import moment, now, pause, steady

HOUSE = Path(__file__).resolve().parent.parent
PAGE = HOUSE / "docs" / "walk.md"
#: Seconds that an answer may take on a machine that does much else, and the most lines and letters of it that are shown.
PATIENCE, LINES, LETTERS = 240.0, 12, 180
#: What the shell says when it has answered.
END = "that was all"
HEAD = """\
# A walk: from nothing to tasks on Kafka

What [operations](operations.md) says, typed into a shell one line after the other, with what was answered. Made by
`python -m scripts.walk`; one test runs it (`make soak`), another compares what is typed with this page. Long answers are cut.
It needs what is said there, and is typed in a copy of the project's folder, its environment active: rules are changed on the way.
Workers are started in the background here; in an installation they are [services](../deploy/README.md).

从零开始：起代理、建主题、发布规则、导入真实停电、看任务、修复毒记录、滚动升级。以下由脚本实际执行生成。
"""
BROKERS = "127.0.0.1:9092"
AT = f"--bootstrap {BROKERS}"
CONSOLE = (
    f"python -u -m kafka.consumer -b {BROKERS} -t clearly.changes.v1 -f str -C auto_offset_reset=earliest "
    "-C isolation_level=read_committed -C consumer_timeout_ms=10000 2> /dev/null"
)
POISON = (
    '{"type": "outage.started", "outage_id": "T-1", "started_at": "\'$(date -u +%FT%TZ)\'", "transformer_area": "39.2,-121.253", '
    '"planned": false, "customers": 12, "cause_class": "squirrel"}'
)


class Step(NamedTuple):
    """A line that is typed; `until` is what has to stand in the answer, for which it may be typed again. `words` come before it."""

    typed: str
    until: str = ""
    words: str = ""


def watching(name: str, words: str = "", *, again: bool = False) -> Step:
    """Return the start of a watching worker; `again` where one of that name has to stop before it."""
    typed = f"clearly kafka run watching {AT} --data rows-{name} --instance {name} 2> {name}.log & echo $! > {name}.pid"
    return Step(f"kill $(cat {name}.pid); tail --pid=$(cat {name}.pid) -f /dev/null; {typed}" if again else typed, words=words)


STEPS = (
    Step("clearly kafka up", BROKERS, "## A broker, topics, rules\n\nA real Apache Kafka on this machine:"),
    Step(
        f"clearly kafka setup {AT} --partitions 4",
        "done",
        "The topics. Typed again, it says what differs, and changes nothing that is right:",
    ),
    Step(
        f"clearly kafka publish rules {AT}",
        "holds now",
        "The rules are checked, tested, and put into the log, where every worker finds them:",
    ),
    Step(
        "gzip -dc examples/data/pge-outages.csv.gz | head -3001 > outages.csv",
        words="## Three thousand real outages\n\nHistory comes first: once rules have come to the present, what lies far back is too old.",
    ),
    Step(
        f"clearly kafka backfill outages.csv --map pge-outages --rules rules {AT}", "events sent", "Each row tells of a start and an end:"
    ),
    Step(
        f"clearly kafka run intake {AT} --metrics 9101 2> intake.log &",
        words="## Workers, and tasks out\n\nOne takes events in, two judge them, one keeps a database for people. "
        "(`clearly kafka run casework` would be one more.)",
    ),
    watching("one"),
    watching("two"),
    Step(f"clearly kafka run ledger {AT} --db clearly.db 2> ledger.log &"),
    Step("curl -s http://127.0.0.1:9101/readyz", '"ready":true', "Intake says whether it is ready:"),
    Step(
        f"clearly kafka status {AT}",
        r"(?s)( +\d  \w{16} .*?:\d\dZ.*?){4}",
        "How far rules have come in each partition, and which feeds they wait for:",
    ),
    Step(
        f"{CONSOLE} | head -2",
        "task_id",
        "The tasks, with Kafka's own protocol, in a console consumer that knows nothing of us and reads committed records alone:",
    ),
    Step("clearly tail --db clearly.db | tail -1", "task_id", "The same, out of the ledger's file:"),
    Step(
        f"echo '{POISON}' | python -m kafka.producer -b {BROKERS} -t clearly.events.v1",
        words="## A poison record, mended and sent again\n\nA control centre begins to report a cause that the catalogue does not have:",
    ),
    Step(f"clearly kafka dlq list {AT}", "squirrel", "It stops nothing, and is kept with the reason:"),
    Step(
        "sed -i 's/external_damage,/external_damage, squirrel,/' rules/catalogue.yaml",
        words="The record is right and the catalogue is not, so the catalogue is mended, and published:",
    ),
    Step(f"clearly kafka publish rules {AT}", "holds now"),
    Step("grep -c 'rulebook taken up' intake.log", r"[2-9]", "Once intake has taken it up, a second time, the record is sent again:"),
    Step(f"clearly kafka dlq replay --all {AT}", "sent again"),
    Step(f"clearly kafka dlq list {AT}", "nothing is rejected"),
    Step(
        f"clearly kafka publish rules --profile state-grid-2023 {AT} --dry-run",
        "would take",
        "## Other rules, and workers exchanged\n\nWhat other rules would do to what is under way; then the rules themselves:",
    ),
    Step(f"clearly kafka publish rules --profile state-grid-2023 {AT}", "holds now"),
    watching(
        "one",
        "A rolling upgrade: a worker is told to stop, and started again as what is installed now. The other one does its work meanwhile.",
        again=True,
    ),
    Step("grep 'rows read' one.log", "rows read", "When it has read its rows again, the next one follows:"),
    watching("two", again=True),
    Step("grep 'rows read' two.log", "rows read"),
    Step(f"clearly kafka status {AT}", r"(?s)partition .*\d\d:\d\d"),
    Step(f"clearly kafka lag {AT} | grep -e behind -e watching", r"watching .* \d{1,2}\Z", "How much waits to be read in front of them:"),
    Step("kill $(jobs -p)", words="## Down\n\nWorkers finish what they have begun; the broker keeps what it was told:"),
    Step("clearly kafka down", "1 stopped"),
)


class Shell:
    """A shell in a folder with the rules and the records, that is typed into. What is really asked is a broker at another port."""

    def __init__(self, folder: Path, port: int) -> None:
        (folder / "examples").symlink_to(HOUSE / "examples")
        shutil.copytree(HOUSE / "rules", folder / "rules")
        own = Path(sys.executable).parent
        surroundings = {**os.environ, "PATH": f"{own}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(HOUSE), "COLUMNS": "160"}
        self.port, self.folder = port, folder
        self.shell = subprocess.Popen(
            ["bash"], cwd=folder, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer("kill $(jobs -p) 2> /dev/null")
        self.answer("clearly kafka down 2> /dev/null")
        self.shell.communicate("exit\n", timeout=60)

    def answer(self, typed: str) -> str:
        """Return what is answered to a line."""
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        real = typed.replace("127.0.0.1:9092", f"127.0.0.1:{self.port}").replace("9101", str(self.port + 3))
        real = real.replace("kafka up", f"kafka up --port {self.port}")
        self.shell.stdin.write(f"{real}\necho; echo {END}\n")  # not every answer ends with a line of its own
        self.shell.stdin.flush()
        found = list(iter(self.shell.stdout.readline, f"{END}\n"))
        return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", "".join(found)).replace(f"127.0.0.1:{self.port}", "127.0.0.1:9092").rstrip()

    def until(self, step: Step) -> str:
        """Return the answer that has to come, typing the line again until it does; raise `SystemExit` where it does not."""
        end = steady() + PATIENCE
        while True:
            found = self.answer(step.typed)
            if re.search(step.until, found):
                return found
            if steady() > end:
                raise SystemExit(f"{step.typed}\n{found}\n\n'{step.until}' was to come; the logs end with\n{self.logs()}")
            pause(1)

    def logs(self) -> str:
        """Return the ends of the workers' logs."""
        return "\n".join(f"{path.name}: {path.read_text('utf-8')[-800:]}" for path in sorted(self.folder.glob("*.log")))


def main(arguments: list[str]) -> int:
    """Walk, and write the page."""
    parser = argparse.ArgumentParser(prog="walk")
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--port", type=int, default=9092)
    told = parser.parse_args(arguments)
    began, page = steady(), [HEAD.rstrip()]
    with tempfile.TemporaryDirectory() as folder, Shell(Path(folder), told.port) as shell:
        for step in STEPS:
            opening = f"\n{step.words}\n\n```console\n" if step.words else page.pop().removesuffix("```")
            page.append(f"{opening}$ {step.typed}\n{shown(shell.until(step))}```")
    minutes = (steady() - began) / 60
    page.append(f"\n{len(STEPS)} lines, {minutes:.1f} minutes, on {moment(now()):%Y-%m-%d}.")
    told.out.write_text("\n".join(page) + "\n", encoding="utf-8")
    return 0


def shown(answer: str) -> str:
    """Return as much of an answer as stands on the page."""
    lines = [line if len(line) <= LETTERS else f"{line[:LETTERS]} …" for line in answer.splitlines()]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 2], f"… {len(lines) - LINES + 1} more", lines[-1]]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def typed_on(page: Path) -> list[str]:
    """Return the lines that a page says were typed."""
    return [line[2:] for line in page.read_text("utf-8").splitlines() if line.startswith("$ ")]


def minutes_of(page: Path) -> float:
    """Return how many minutes a page says that it took."""
    return float(page.read_text("utf-8").rstrip().rpartition(" minutes")[0].split()[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
