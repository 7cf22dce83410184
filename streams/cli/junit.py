"""JUnit reports, which every build server reads."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Case(NamedTuple):
    """One test of a report; `faults` are lines, none where it passed."""

    group: str
    name: str
    file: str
    line: int
    faults: tuple[str, ...] = ()


def write_junit(path: Path, suite: str, cases: Iterable[Case]) -> None:
    """Write a report."""
    listed = list(cases)
    failed = str(sum(bool(case.faults) for case in listed))
    root = ET.Element("testsuites", tests=str(len(listed)), failures=failed)
    whole = ET.SubElement(root, "testsuite", name=suite, tests=str(len(listed)), failures=failed)
    for case in listed:
        one = ET.SubElement(whole, "testcase", classname=case.group, name=case.name, file=case.file, line=str(case.line))
        if case.faults:
            ET.SubElement(one, "failure", message=case.faults[0]).text = "\n".join(case.faults)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
