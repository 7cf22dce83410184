"""Every fault of the Kafka runtime several times, each time with another history, and the result with its date in docs/soak.md.

    python -m scripts.soak                 five times each
    python -m scripts.soak 20              twenty times each
    python -m scripts.soak 5 -k broker     only some; what the page says of the others stays

`make soak` runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from streams import clock

HOUSE = Path(__file__).resolve().parent.parent
PAGE = HOUSE / "docs" / "soak.md"
TESTS = ("tests/kafka/test_faults.py", "tests/kafka/test_broker_faults.py")
HEAD = """\
# Faults, again and again

Each test of `tests/kafka/test_faults.py` and `test_broker_faults.py` several times, each time with another history: real processes, a real
broker, real signals. Made by `make soak` (`scripts/soak.py`); one line for each fault, with the day of its last run.

After each run: every outage that was sent stands in exactly one task, tasks and evidence are those of the embedded runtime, a reader of
committed records meets nothing twice, commits reach the end, no row stands behind a newer one of its key, and no deadline is told as missed
whose restoration the brokers had before it (the column counts such deadlines).

故障反复测试：每项故障多次执行，每次换一组历史；不丢、不重、不误报时限。

| fault | day | runs | failed | events | deadlines just met | seconds a run |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
"""


def main(arguments: list[str]) -> int:
    """Run the faults so many times, and write what came of them; return how pytest ended."""
    rounds, more = (arguments[0], arguments[1:]) if arguments and arguments[0].isdigit() else ("5", arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *TESTS, *more]
        surroundings = {**os.environ, "CLEARLY_ROUNDS": rounds}
        code = subprocess.run(command, cwd=HOUSE, env=surroundings, check=False).returncode
        if not report.exists():
            return code
        PAGE.write_text(HEAD + "".join(f"{line}\n" for line in sorted((known() | told(report)).values())), encoding="utf-8")
    return code


def known() -> dict[str, str]:
    """Return the lines that the page has, by what they are about."""
    text = PAGE.read_text("utf-8") if PAGE.exists() else ""
    return {line.split(" | ")[0]: line for line in text.splitlines() if re.match(r"\| [a-z].*\| \d{4}-", line)}


def told(report: Path) -> dict[str, str]:
    """Return the lines that come of a run, by what they are about."""
    counts: dict[str, Counter[str]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        if case.find("skipped") is not None:
            continue
        found = counts.setdefault(title(case.get("name", "")), Counter())
        found["runs"] += 1
        found["failed"] += case.find("failure") is not None or case.find("error") is not None
        found["milliseconds"] += int(1000 * float(case.get("time", "0")))
        for one in case.iter("property"):
            found[one.get("name", "")] += int(one.get("value", "0"))
    today = f"{clock.moment(clock.now()):%Y-%m-%d}"
    return {f"| {name}": line(name, today, found) for name, found in counts.items()}


def title(name: str) -> str:
    """Return what a test is about, in words."""
    words, _, chosen = name.removeprefix("test_").replace("_", " ").partition("[")
    seconds = re.match(r"\d+-(\d+)\]", chosen)
    return f"{words}, {seconds[1]} s" if seconds else words


def line(name: str, day: str, found: Counter[str]) -> str:
    """Return a line of the table."""
    each = found["milliseconds"] / 1000 / found["runs"]
    numbers = (found["runs"], found["failed"], f"{found['events']:,}", f"{found['deadlines']:,}", f"{each:.0f}")
    return f"| {name} | {day} | {' | '.join(map(str, numbers))} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
