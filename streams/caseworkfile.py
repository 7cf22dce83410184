"""casework.yaml of a rules folder: time limits, the ladder and storms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.casework import Profile, read_profile
from engine.source import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.source import Problem

CASEWORK = "casework.yaml"


def profile_of(files: Mapping[str, str]) -> tuple[Profile | None, list[Problem]]:
    """Return what casework.yaml says of casework, as it ships where there is no such file; None and every problem where it has errors."""
    if CASEWORK not in files:
        return Profile(), []
    document, problems = read(files[CASEWORK], CASEWORK)
    return (None, problems) if document is None else read_profile(document)
