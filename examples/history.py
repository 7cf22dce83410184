"""Months of real outages through the rules of rules/, as a data frame and as plots: the engine for those who program.

    pip install 'explain-clearly[plots]'
    python examples/history.py                      # draws history.png
    python examples/history.py --out outages.png

Everything comes through `from engine import …`; reading files is the caller's business, and so it stands here.
"""

from __future__ import annotations

import argparse
import gzip
import io
import sys
from pathlib import Path

try:
    import matplotlib as mpl
    import pandas as pd

    mpl.use("Agg")  # into a file: no screen is needed
    from matplotlib import pyplot as plt
except ModuleNotFoundError as error:
    sys.exit(f"examples/history.py needs {error.name}: pip install 'explain-clearly[plots]'")

from engine import Backtest, Rules, backtest, explain, read_events, understand

HOUSE = Path(__file__).resolve().parent.parent
RULES = HOUSE / "rules"
RECORDS = HOUSE / "examples" / "data" / "pge-outages.csv.gz"


def files_of(folder: Path) -> dict[str, str]:
    """Return the text of every file of a rules folder, by its path inside it."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in {".yaml", ".csv"}]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def frame_of(found: Backtest) -> pd.DataFrame:
    """Return the tasks as a data frame, with the week that each opened in."""
    frame = pd.DataFrame(found.rows())
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    frame["week"] = frame["at"].dt.tz_localize(None).dt.to_period("W").dt.start_time
    return frame


def draw(frame: pd.DataFrame, out: Path) -> None:
    """Draw tasks a week by rule, and the places that had most of them."""
    figure, (weeks, places) = plt.subplots(2, 1, figsize=(10, 9), layout="constrained")
    frame.pivot_table(index="week", columns="rule", values="task_id", aggfunc="count").fillna(0).plot.area(ax=weeks, linewidth=0)
    weeks.set(title="Tasks a week", xlabel="", ylabel="tasks")
    frame["unit"].fillna(frame["role"]).value_counts().head(12).sort_values().plot.barh(ax=places)
    places.set(title="Who was asked most", xlabel="tasks", ylabel="")
    figure.savefig(out, dpi=120)


def ask_why(rules: Rules, found: Backtest, events: list[object]) -> str:
    """Return why the first task of all exists: its conditions and what was counted, in a few lines."""
    task = found.tasks()[0]
    (reply,) = explain(rules, events, task.rule, task=task.task_id)  # type: ignore[arg-type]  # events, as they were read
    account = reply.accounts[0]
    lines = [f"{reply.rule}: {reply.in_words.en}", f"  {account.verdict}: {task.task_id} at {task.at:%Y-%m-%d %H:%M} UTC"]
    lines += [f"  {'✓' if line.holds else '✗'} {line.text}  {line.actual}" for line in account.conditions]
    lines += [f"    counted {one.id} at {one.at:%Y-%m-%d %H:%M}" for one in account.clause.counted[:5]]
    return "\n".join(lines)


def main() -> None:
    """Read, judge, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("history.png"))
    out: Path = parser.parse_args().out

    files = files_of(RULES)
    rules = understand(files)
    with gzip.open(RECORDS) as packed, io.TextIOWrapper(packed, encoding="utf-8", newline="") as lines:
        reading = read_events(rules, lines, mapping=files["feeds/pge-outages.yaml"], file=RECORDS.name)
    found = backtest(rules, reading.events)
    frame = frame_of(found)

    print(f"{found.summary.events:,} events, {len(frame):,} tasks, {len(reading.rejected):,} records rejected")
    print(frame.groupby("rule").agg(tasks=("task_id", "count"), first=("at", "min"), last=("at", "max")).to_string())
    print()
    print(ask_why(rules, found, list(reading.events)))
    draw(frame, out)
    print(f"\ndrawn: {out}")


if __name__ == "__main__":
    main()
