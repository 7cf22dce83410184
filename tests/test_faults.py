"""The list of faults in scripts/faults.py stays true to the code; `make faults` tries each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.faults import FAULTS, Fault

HOUSE = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
def test_a_fault_can_be_put_in_at_exactly_one_place(fault: Fault) -> None:
    assert (HOUSE / fault.file).read_text("utf-8").count(fault.old) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
def test_the_test_that_must_notice_it_is_there(fault: Fault) -> None:
    name, _, test = fault.test.partition("::")
    assert (HOUSE / name).is_file()
    assert test.partition("[")[0] in (HOUSE / name).read_text("utf-8")


def test_no_fault_stands_twice_and_there_are_at_least_twenty() -> None:
    assert len({(fault.file, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS) >= 20
