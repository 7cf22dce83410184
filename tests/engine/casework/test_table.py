"""The table is whole: every event is handled once, every timer ends somewhere, and nobody gets to CLOSED without having explained."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Final

from engine.casework import OVER, ROLES, ROWS, STATES
from engine.casework.effects import EFFECTS
from engine.casework.guards import GUARDS
from engine.casework.table import BY_EVENT, COMMANDS, TIMERS, Row, holds, row_for, rows_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Only these pairs of state and timer have a guard: a held candidate's wait, and a rung that is claimed already.
PARTIAL = {("CANDIDATE", "T.wait")} | {(state, "T.rung") for state in ("ISSUED", "ACKED", "REMEDYING")}


def atoms(rows: tuple[Row, ...]) -> list[str]:
    return sorted({atom.lstrip("¬") for row in rows for atom in row.guard})


def worlds(rows: tuple[Row, ...]) -> Iterator[frozenset[str]]:
    """Return every truth assignment of the guards of some rows."""
    names = atoms(rows)
    for truth in product((False, True), repeat=len(names)):
        yield frozenset(name for name, true in zip(names, truth, strict=True) if true)


def targets(row: Row, state: str) -> set[str]:
    """Return where a row can lead; an appeal goes back to what was before."""
    return {"ISSUED", "ACKED"} if row.target == "prior" else {row.leads(state, None)}


def moves() -> dict[str, set[str]]:
    """Return where each state can lead in one step; the new task has no state."""
    found: dict[str, set[str]] = defaultdict(set)
    for (state, _), rows in BY_EVENT.items():
        for row in rows:
            found[state] |= targets(row, state)
    return found


def reached(start: str) -> set[str]:
    """Return every state that can be reached."""
    seen, todo, steps = set[str](), [start], moves()
    while todo:
        state = todo.pop()
        if state not in seen:
            seen.add(state)
            todo += steps[state]
    return seen


def test_there_are_sixty_three_rows_for_123_pairs_of_state_and_event() -> None:
    assert [row.number for row in ROWS] == list(range(1, 64))
    assert len(BY_EVENT) == 123


def test_at_most_one_row_is_enabled_whatever_is_true() -> None:
    for pair, rows in BY_EVENT.items():
        for true in worlds(rows):
            enabled = [row.number for row in rows if holds(row.guard, true)]
            assert len(enabled) <= 1, (pair, true, enabled)


def test_every_word_of_the_table_is_defined() -> None:
    assert {atom.lstrip("¬") for row in ROWS for atom in row.guard} == set(GUARDS)
    assert {role for row in ROWS for role in row.who} <= set(ROLES)
    assert {state for row in ROWS for state in row.sources} <= set(STATES)
    assert {row.target for row in ROWS} <= {*STATES, "=", "prior"}
    assert set(EFFECTS) == {row.number for row in ROWS}


def test_every_timer_is_handled_exactly_where_it_may_be_armed() -> None:
    armed = {(state.name, timer) for state in STATES.values() for timer in state.timers}
    assert {pair for pair in BY_EVENT if pair[1] in TIMERS} == armed


def test_every_timer_finds_its_row_whatever_is_true() -> None:
    for pair, rows in BY_EVENT.items():
        if pair[1] in TIMERS and pair not in PARTIAL:
            assert all(any(holds(row.guard, true) for row in rows) for true in worlds(rows)), pair


def test_every_state_is_reached_and_leads_to_the_end() -> None:
    assert reached("") - {""} == set(STATES)
    assert all("CLOSED" in reached(state) for state in STATES if state != "CLOSED")


def test_every_open_state_has_a_timer_and_a_way_out_for_people() -> None:
    for state in STATES.values():
        if state.name not in OVER:
            out = [row for (source, event), rows in BY_EVENT.items() if source == state.name and event in COMMANDS for row in rows]
            assert state.timers, state.name
            assert any(row.target not in {"=", state.name} for row in out), state.name


def test_the_unit_itself_never_ends_a_task() -> None:
    ending = [row for row in ROWS if row.target in OVER and {"UNIT_DUTY", "UNIT_LEAD"} & set(row.who)]
    assert ending == []


def test_the_administrator_and_the_auditor_move_nothing() -> None:
    assert not [row.number for row in ROWS if {"ADMIN", "AUDITOR"} & set(row.who)]


def test_nobody_comes_to_closed_without_an_accepted_explanation_and_the_remedy_that_is_owed() -> None:
    """Search over (state, explained and accepted, remedy owed, remedy accepted), each cycle anew."""
    seen, todo = set[tuple[str, bool, bool, bool]](), [("", False, False, False)]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        state, explained, owed, done = here
        for (source, _), rows in BY_EVENT.items():
            if source == state:
                todo += [after for row in rows for after in accepted(row, (explained, owed, done), targets(row, state))]
    assert {here[1:] for here in seen if here[0] == "CLOSED"} == {(True, False, False), (True, True, True)}


def accepted(row: Row, facts: tuple[bool, bool, bool], to: set[str]) -> list[tuple[str, bool, bool, bool]]:
    """Return what is accepted after a row: a new cycle, an orphan and a reinstated task begin with nothing."""
    explained, owed, done = facts
    if row.number in {23, 24}:
        explained, owed = True, row.number == 23
    if row.number == 30:
        done = True
    if "ISSUED" in to and row.number not in {14, 15, 17} and row.target != "=":
        explained, owed, done = False, False, False
    return [(state, explained, owed, done) for state in to]


def test_a_million_random_steps_meet_no_undefined_state() -> None:
    rng = random.Random(5)
    pairs = {state: [pair for pair in BY_EVENT if pair[0] == state] for state in ("", *STATES)}
    truths = {pair: list(worlds(rows)) for pair, rows in BY_EVENT.items()}
    state, prior, used = "", "ISSUED", set[int]()
    for _ in range(1_000_000):
        pair = rng.choice(pairs[state])
        row = row_for(*pair, rng.choice(truths[pair]))
        if row is None:
            continue
        used.add(row.number)
        before, state = state, row.leads(state, prior)
        prior = before if state == "APPEALED" and before != "APPEALED" else prior
        assert state in STATES, row
        if state in {"CANCELLED", "CLOSED", "MERGED"} and rng.random() < 0.2:
            state = ""
    assert used == {row.number for row in ROWS}


#: The consequence of 督办 is a sentence in the design's ladder and rows here: two signatures (docs/decisions/0064).
SIGNED: Final = {9: "both", 21: "signed ∧ ", 28: "signed ∧ "}
OF_TWO_SIGNATURES: Final = 3


def test_the_code_and_the_design_have_the_same_table_but_for_the_two_signatures(shared: Path) -> None:
    written: list[list[str]] = []
    for line in (shared / "design" / "casework.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 8 and cells[0] == str(len(written) + 1):
            written.append(cells)
    ours = [
        [
            str(row.number),
            ", ".join(row.sources) or "∅",
            row.event,
            " ∧ ".join(row.guard).removeprefix(SIGNED.get(row.number, "")),
            row.target,
            ", ".join(row.who),
            row.effect,
            row.also,
        ]
        for row in ROWS[:-OF_TWO_SIGNATURES]
    ]
    assert [[re.sub(r"\*", "", cell).replace("episode", "cycle") for cell in cells] for cells in written] == ours


def test_asking_for_a_pair_that_the_table_does_not_know_gives_nothing() -> None:
    assert rows_for("CLOSED", "C.ack") == ()
    assert row_for("CLOSED", "C.ack", frozenset()) is None
