"""`examples/history.py`: the engine with pandas and matplotlib."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent.parent
ABSENT = [name for name in ("matplotlib", "pandas") if find_spec(name) is None]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return how the example went."""
    command = [sys.executable, "examples/history.py", *arguments]
    return subprocess.run(command, cwd=HOUSE, check=False, capture_output=True, text=True, encoding="utf-8", timeout=300)


@pytest.mark.skipif(bool(ABSENT), reason=f"the extra 'plots' is not installed: {', '.join(ABSENT)} missing, so nothing is drawn")
def test_a_history_becomes_a_table_and_a_picture(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path / "history.png"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "90,536 events" in done.stdout
    assert "✓ customers >= 500" in done.stdout
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(not ABSENT, reason="the extra 'plots' is installed")
def test_without_the_extra_it_says_what_to_install() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (1, f"examples/history.py needs {ABSENT[0]}: pip install 'explain-clearly[plots]'\n")
