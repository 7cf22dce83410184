"""The walk in the documents, walked: from nothing to tasks, a poison record mended, other rules, workers exchanged."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.walk import PAGE, STEPS, minutes_of, typed_on
from tests.kafka.conftest import free_port

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_says_what_is_typed() -> None:
    assert typed_on(PAGE) == [step.typed for step in STEPS], "python -m scripts.walk writes it anew"
    assert minutes_of(PAGE) < 10


@pytest.mark.slow
@pytest.mark.usefixtures("kafka_jars")
def test_everything_that_is_typed_is_answered_as_it_should_be(tmp_path: Path, house: Path) -> None:
    page = tmp_path / "walk.md"
    command = [sys.executable, "-m", "scripts.walk", "--out", str(page), "--port", str(free_port())]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert typed_on(page) == typed_on(PAGE)
    assert minutes_of(page) < 10
