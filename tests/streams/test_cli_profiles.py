"""Profiles at the command line: listed, compared, and chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli.program import answer
from streams.folder import Folder, read_folder
from streams.rules import Rules, load, recalled

RULES = Path(__file__).resolve().parent.parent.parent / "rules"


def test_all_profiles_are_listed_with_what_they_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "profile", "list", str(RULES), "--json"]) == 0
    rows = {one["profile"]: one for one in json.loads(capsys.readouterr().out)}
    assert sorted(rows) == ["great-britain", "southern-grid", "state-grid-2009", "state-grid-2023", "united-states", "victoria"]
    assert all(row["title"] and row["reason"] and row["changed"] + row["off"] for row in rows.values())
    assert answer(["rules", "profile", "list", str(RULES)]) == 0
    assert "国网 2009 / State Grid of China, 2009" in capsys.readouterr().out


def test_two_profiles_are_compared_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["rules", "profile", "diff", "none", "state-grid-2009", str(RULES), "--json"]) == 0
    found = {one["rule"]: one for one in json.loads(capsys.readouterr().out)["rules"]}
    contact = "within: 1 working day by the calendar “china” instead of 24 hours"
    assert contact in [line["en"] for line in found["complaint-not-contacted"]["meaning"]]
    assert "severity: minor instead of major" in [line["en"] for line in found["frequent-outages"]["meaning"]]
    assert found["slow-restoration"]["meaning"][0]["en"].startswith(
        "looks no longer for: “crew arrived”, not followed by “supply restored”"
    )
    assert answer(["rules", "profile", "diff", "southern-grid", "southern-grid", str(RULES)]) == 0
    assert "no difference" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["rules", "check"], ["rules", "test"], ["rules", "weak-spots"]])
def test_a_profile_that_is_not_there_is_one_line(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert answer([*command, str(RULES), "--profile", "southern-gird"]) != 0
    assert "there is no profile 'southern-gird'; did you mean 'southern-grid'?" in capsys.readouterr().err


def test_the_choice_is_part_of_the_version_and_of_what_is_kept() -> None:
    plain, chosen = load(RULES), load(RULES, "southern-grid")
    assert isinstance(plain, Rules)
    assert isinstance(chosen, Rules)
    assert plain.version != chosen.version
    again = recalled(chosen.version, chosen.packed)
    assert again is not None
    assert again.book.rules["reconnection-overdue"].version == chosen.book.rules["reconnection-overdue"].version
    assert again.book.rules["reconnection-overdue"].version != plain.book.rules["reconnection-overdue"].version


def test_a_backtest_judges_with_the_numbers_that_were_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"type": "outage.started", "outage_id": "", "transformer_area": "TA-7", "customers": 20, "planned": False}
    events = [record | {"outage_id": f"O-{day}", "started_at": f"2026-03-{day:02d}T08:00:00+08:00"} for day in (2, 7, 12)]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in [*events, events[0] | later()]), encoding="utf-8")
    opened = {}
    for profile in ("state-grid-2009", "state-grid-2023"):
        arguments = ["--rules", str(RULES), "--profile", profile, "--out", str(tmp_path / profile), str(tmp_path / "events.jsonl")]
        assert answer(["rules", "backtest", *arguments]) == 0
        capsys.readouterr()
        changes = [json.loads(line) for line in (tmp_path / profile).read_text("utf-8").splitlines()]
        opened[profile] = sorted(one["rule"] for one in changes if one["change"] == "opened" and one["rule"].startswith("frequent-outages"))
    assert opened == {"state-grid-2009": ["frequent-outages", "frequent-outages-warning"], "state-grid-2023": ["frequent-outages-warning"]}


def later() -> dict[str, str]:
    """Return what makes an outage another one, of another area, by which time the others have settled."""
    return {"outage_id": "O-99", "transformer_area": "TA-9", "started_at": "2026-03-20T08:00:00+08:00"}


def test_files_of_a_folder_hold_the_choice_only_where_one_was_made() -> None:
    plain, chosen = read_folder(RULES), read_folder(RULES, "victoria")
    assert isinstance(plain, Folder)
    assert isinstance(chosen, Folder)
    assert dict(chosen.files) == {**plain.files, ".profile": "victoria"}
