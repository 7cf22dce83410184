"""Files that are read while others write them: every record once and whole, wherever reading was broken off."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Rejected
from streams.embedded.feedfile import END, FeedFile
from streams.embedded.linefile import LineFile
from streams.embedded.mappedfile import MappedFile
from streams.embedded.parcel import Mapped
from streams.embedded.textlines import whole_text
from tests.support.feeds import HEADER, OUTAGES, mapping_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streams.store import FeedRow

F = TypeVar("F", bound=FeedFile)

LONG_AGO = 1_700_000_000
#: What a test has opened, to be let go of at its end.
OPENED: list[FeedFile] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def opened(file: F) -> F:
    OPENED.append(file)
    return file


def lines_of(path: Path, row: FeedRow | None = None, limit: int = 100) -> LineFile:
    return opened(LineFile(path, row, source="s", event_limit=limit))


def mapped(path: Path, row: FeedRow | None = None, text: str = OUTAGES, limit: int = 1000) -> MappedFile:
    return opened(MappedFile(path, row, mapping=mapping_from(text), event_limit=limit))


def rows(*numbers: int, end: str = "\n") -> str:
    return "".join(f"O-{number},A,2026-03-01,,1{end}" for number in numbers)


def append(path: Path, text: str | bytes) -> None:
    with path.open("ab") as handle:
        handle.write(text.encode() if isinstance(text, str) else text)


def told(record: Any) -> str:
    """Return a record as a test names it: its outage, its line, or what is wrong with it."""
    if isinstance(record, Mapped):
        return str(record.values["outage_id"])
    return record.code if isinstance(record, Rejected) else record.decode()


def read(file: FeedFile, most: int = 100, *, rounds: int = 100) -> list[str]:
    """Return everything that one round of reading gives, each with its place, and keep it."""
    found: list[str] = []
    file.look()
    for _ in range(rounds):
        parcel = file.read(most)
        if parcel is None:
            return found
        found += [f"{parcel.place(at).rpartition(':')[2]} {told(record)}" for at, record in enumerate(parcel.records)]
        assert parcel.feed is not None
        file.advance(parcel.feed)
    return found


def row_of(file: FeedFile) -> FeedRow:
    return file.row(file.offset, file.line)


# JSON Lines


def test_lines_are_read_with_their_numbers_blank_ones_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '\ufeff{"a":1}\r\n\r\n{"a":2}\n')
    assert read(lines_of(path)) == ['1 {"a":1}\r\n', '3 {"a":2}\n']


def test_a_line_that_is_still_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '{"a":1}\n{"a":')
    file = lines_of(path)
    assert read(file) == ['1 {"a":1}\n']
    append(path, "2}")
    assert read(file) == ['2 {"a":2}']


def test_reading_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '{"a":1}\n{"a":2}\n{"a":3}\n')
    file = lines_of(path)
    read(file, 2, rounds=1)
    again = lines_of(path, row_of(file))
    assert not again.was_replaced
    assert read(again) == ['3 {"a":3}\n']


def test_a_line_longer_than_any_event_is_told_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '{"a":1}\n' + "x" * 5000 + '\n{"a":2}\n' + "y" * 200)
    file = lines_of(path)
    assert read(file) == ['1 {"a":1}\n', "2 too-long", '3 {"a":2}\n']
    append(path, "\n")
    assert read(file) == ["4 too-long"]


def test_a_packed_file_that_is_still_being_written_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    whole = gzip.compress(b"".join(b'{"a":%d}\n' % number for number in range(50_000)), 1)
    path.write_bytes(whole[: len(whole) // 2])
    file = lines_of(path)
    first = read(file, 10_000)
    assert 0 < len(first) < 50_000
    append(path, whole[len(whole) // 2 :])
    assert len(first) + len(read(file, 10_000)) == 50_000


def test_damage_in_a_packed_file_is_a_record_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a":1}\n') + b"this is not gzip")
    file = lines_of(path)
    assert read(file) == ['1 {"a":1}\n', "2 damaged"]
    assert (file.offset, read(file)) == (END, [])
    assert read(lines_of(path, row_of(file))) == []


def test_a_file_that_was_replaced_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '{"a":1}\n{"a":2}\n')
    file = lines_of(path)
    read(file)
    path.with_suffix(".new").write_text('{"b":1}\n{"b":2}\n{"b":3}\n')
    path.with_suffix(".new").rename(path)
    assert read(file) + read(file) == ['1 {"b":1}\n', '2 {"b":2}\n', '3 {"b":3}\n']


def test_a_file_that_was_rotated_is_finished_first_and_its_progress_is_never_taken_for_the_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '{"a":1}\n')
    file = lines_of(path)
    read(file)
    append(path, '{"a":2}\n')
    path.rename(tmp_path / "a.1")
    path.write_text('{"b":1}\n{"b":2}\n{"b":3}\n')
    file.look()
    parcel = file.read(10)
    assert parcel is not None
    assert parcel.feed is not None
    assert [told(record) for record in parcel.records] == ['{"a":2}\n']
    restarted = lines_of(path, parcel.feed)
    assert restarted.was_replaced
    assert len(read(restarted)) == 3
    file.advance(parcel.feed)
    assert read(file) == ['1 {"b":1}\n', '2 {"b":2}\n', '3 {"b":3}\n']


def test_a_file_rewritten_in_place_is_read_again_even_where_it_is_longer_now(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, '{"a":1}\n')
    file = lines_of(path)
    read(file)
    file.close()
    path.write_text('{"b":1}\n{"b":2}\n')
    assert read(file) == ['1 {"b":1}\n', '2 {"b":2}\n']


# CSV through a mapping


def test_rows_come_with_what_they_were_made_from(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER + rows(1) + "O-2,A,soon,,1\n")
    file = mapped(path)
    file.look()
    parcel = file.read(10)
    assert parcel is not None
    good, bad = parcel.records
    assert isinstance(good, Mapped)
    assert isinstance(bad, Rejected)
    assert (good.values["type"], good.raw, parcel.place(0)) == ("outage.started", b"O-1,A,2026-03-01,,1\n", f"{path}:2")
    assert (bad.code, bad.path, bad.raw, bad.source, parcel.place(1)) == (
        *("time-format", "$.started_at", b"O-2,A,soon,,1\n", "outages"),
        f"{path}:3",
    )
    assert parcel.skipped == {"still out": 2}


def test_a_parcel_that_was_not_kept_is_given_again_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER + rows(1, 1, 2))
    file = mapped(path, text=OUTAGES.replace("zone:", "first_of: number\nzone:"))
    file.look()
    assert file.read(10) is file.read(10)
    assert read(file) == ["2 O-1", "4 O-2"]


@pytest.mark.parametrize("most", [1, 2, 100])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_restart_after_every_parcel_changes_nothing(tmp_path: Path, most: int, name: str) -> None:
    path = tmp_path / name
    text = "report\n\n" + HEADER + rows(1, 2) + '\nO-3,"A\n\nB",2026-03-01,,1\nO-2,A,2026-03-01,,1\nO-4,A\n' + rows(5, end="\r\n")
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    said = OUTAGES.replace("zone:", "skip_lines: 1\nfirst_of: number\nzone:")
    found: list[str] = []
    row = None
    for _ in range(20):
        file = mapped(path, row, said)
        found += read(file, most, rounds=1)
        row = row_of(file)
        file.close()
    assert found == ["4 O-1", "5 O-2", "7 O-3", "11 unreadable-row", "12 O-5"]


def test_a_growing_file_is_followed_to_its_last_complete_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    file_text = HEADER + rows(1, 2) + 'O-3,"A\nB",2026-03-01,,1\n' + rows(4)
    append(path, "")
    file = mapped(path)
    found: list[str] = []
    for at in range(0, len(file_text), 3):
        append(path, file_text[at : at + 3])
        found += read(file)
    assert found == ["2 O-1", "3 O-2", "4 O-3", "6 O-4"]


def test_a_last_row_without_its_line_end_counts_once_nobody_writes_any_more(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER + rows(1) + rows(2, end=""))
    file = mapped(path)
    assert read(file) == ["2 O-1"]
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert file.look()
    assert read(file) == ["3 O-2"]
    assert not file.look()


def test_a_quote_that_nobody_closed_costs_one_row_once_nobody_writes_any_more(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER + rows(1) + 'O-2,"A,2026-03-01,,1\n' + rows(3))
    file = mapped(path)
    assert read(file) == ["2 O-1"]
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert read(file) == ["3 unreadable-row", "4 O-3"]


def test_a_row_longer_than_any_record_is_told_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER + rows(1) + f"O-2,{'x' * 5000},2026-03-01,,1\n" + rows(3))
    assert read(mapped(path)) == ["2 O-1", "3 too-long", "4 O-3"]


def test_a_line_of_names_that_does_not_fit_is_told_once_and_looked_at_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER.replace("area", "place") + rows(1))
    file = mapped(path)
    assert read(file) == ["1 no-such-column"]
    assert read(file) == []
    row = row_of(file)
    assert read(mapped(path, row, OUTAGES.replace("area: area", "area: place"))) == ["2 O-1"]


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_packed_table_that_is_still_being_written_is_followed(tmp_path: Path, cut: float) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress((HEADER + rows(*range(20_000))).encode(), 1)
    at = int(len(whole) * cut)
    path.write_bytes(whole[:at])
    file = mapped(path)
    found = read(file, 5_000)
    append(path, whole[at:])
    found += read(file, 5_000)
    assert found == [f"{number + 2} O-{number}" for number in range(20_000)]


def test_damage_in_a_packed_table_is_a_record_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((HEADER + rows(1)).encode()) + b"this is not gzip")
    assert read(mapped(path)) == ["2 O-1", "3 damaged"]
    path.write_bytes(b"this is not gzip at all")
    assert read(mapped(path)) == ["1 damaged"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "big5", "utf-16"])
def test_files_in_other_encodings_are_read_and_followed(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    text = HEADER + "O-1,中山路,2026-03-01,,1\nO-2,\u4e0a海,2026-03-01,,1\n"  # U+4E0A holds a byte 10 in UTF-16
    raw = text.encode(encoding)
    file = None
    found: list[str] = []
    areas: list[object] = []
    for at in range(0, len(raw), 7):
        append(path, raw[at : at + 7])
        file = file or mapped(path, text=OUTAGES.replace("zone:", f"encoding: {encoding}\nzone:"))
        file.look()
        while (parcel := file.read(1)) is not None:
            areas += [record.values["transformer_area"] for record in parcel.records if isinstance(record, Mapped)]
            assert parcel.feed is not None
            file.advance(parcel.feed)
    assert (found, areas) == ([], ["中山路", "上海"])


def test_bytes_that_are_no_text_cost_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    append(path, HEADER.encode() + rows(1).encode() + b"O-2,\xff\xfe,2026-03-01,,1\n" + rows(3).encode())
    file = mapped(path)
    file.look()
    parcel = file.read(10)
    assert parcel is not None
    assert [told(record) for record in parcel.records] == ["O-1", "unreadable-row", "O-3"]
    assert parcel.records[1].raw == b"O-2,\xff\xfe,2026-03-01,,1\n"  # type: ignore[union-attr]  # a Rejected


@given(st.lists(st.sampled_from([*'ab,"\r\n;0', "\r\n", '"x"', "台", rows(1), 'O-9,"a\nb",2026-03-01,,2\n']), max_size=40), st.data())
def test_wherever_a_file_is_cut_and_reading_is_restarted_the_records_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], data: st.DataObject
) -> None:
    whole = (HEADER + "".join(pieces)).encode()
    folder = tmp_path_factory.mktemp("cut")
    path = folder / "whole.csv"
    path.write_bytes(whole)
    os.utime(path, (LONG_AGO, LONG_AGO))
    expected = read(mapped(path))
    path = folder / "cut.csv"
    row, found, at = None, [], 0
    path.write_bytes(b"")
    while at < len(whole):
        to = data.draw(st.integers(at + 1, len(whole)))
        append(path, whole[at:to])
        at = to
        file = mapped(path, row)
        found += read(file, data.draw(st.integers(1, 3)), rounds=data.draw(st.integers(0, 3)))
        row = row_of(file)
        file.close()
    os.utime(path, (LONG_AGO, LONG_AGO))
    found += read(mapped(path, row))
    assert found == expected


# JSON through a mapping

RECORD = {"number": "O-1", "area": "A", "began": "2026-03-01", "ended": "", "households": 1}
DOCUMENT = "format: json" + OUTAGES


def document(*numbers: int) -> str:
    return json.dumps([RECORD | {"number": f"O-{number}"} for number in numbers], indent=0, ensure_ascii=False)


def test_json_lines_are_read_through_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    append(path, json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"number": "O-2"})[:-5])
    file = mapped(path, text="format: json lines" + OUTAGES)
    assert read(file) == ["1 O-1"]
    append(path, json.dumps(RECORD | {"number": "O-2"})[-5:])
    assert read(file) == ["2 O-2"]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_document_is_read_once_it_is_complete_and_never_again(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    raw = gzip.compress(document(1, 2, 3).encode()) if name.endswith("gz") else document(1, 2, 3).encode()
    path.write_bytes(raw[:-9])
    file = mapped(path, text=DOCUMENT)
    assert read(file) == []
    append(path, raw[-9:])
    assert read(file) == ["2 O-1", "9 O-2", "16 O-3"]
    assert read(file) == []
    assert read(mapped(path, row_of(file), DOCUMENT)) == []


def test_a_restart_in_the_middle_of_a_document_goes_on_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    append(path, document(1, 2, 3))
    found: list[str] = []
    row = None
    for _ in range(5):
        file = mapped(path, row, DOCUMENT)
        found += read(file, 1, rounds=1)
        row = row_of(file)
    assert found == ["2 O-1", "9 O-2", "16 O-3"]


def test_a_document_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    append(path, document(1, 2))
    file = mapped(path, text=DOCUMENT)
    read(file)
    path.write_text(document(0, 1, 2))
    assert read(file) == ["2 O-0", "9 O-1", "16 O-2"]
    row = row_of(file)
    path.write_text(document(7, 1, 2))
    assert read(mapped(path, row, DOCUMENT))[0] == "2 O-7"


def test_a_document_that_stays_broken_is_told_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    append(path, document(1, 2)[:-3])
    file = mapped(path, text=DOCUMENT)
    assert read(file) == []
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert file.look()
    assert read(file) == ["2 O-1", "15 unreadable-row"]


# cut files


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_file_that_ends_in_the_middle_of_a_record_says_so_until_the_rest_has_come(tmp_path: Path, name: str) -> None:
    whole = b"".join(b'{"outage_id": "O-%d"}\n' % number for number in range(2000))
    packed = gzip.compress(whole, mtime=0) if name.endswith("gz") else whole
    path = tmp_path / name
    path.write_bytes(packed[: len(packed) // 2 + 3])
    file = LineFile(path, None, source="", event_limit=1000)
    for content, is_cut in ((None, True), (packed, False)):
        if content is not None:
            path.write_bytes(content)
        file.look()
        while (parcel := file.read(500)) is not None:
            assert parcel.feed is not None
            file.advance(parcel.feed)
        assert file.is_cut is is_cut
    assert file.line == 2000
    file.close()


# whole files


@pytest.mark.parametrize(("name", "encoding"), [("a.csv", "utf-8"), ("a.csv.gz", "gb18030"), ("a.csv", "utf-16")])
def test_a_file_that_nobody_writes_any_more_is_read_to_its_end(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    raw = "停电\r\n\n上海".encode(encoding)
    path.write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    assert "".join(whole_text(path, encoding)).removeprefix("\ufeff") == "停电\r\n\n上海"


@pytest.mark.parametrize(
    "raw",
    [gzip.compress(b"a\n" * 9999)[:-9], gzip.compress(b"a\n") + b"rest", b"none", gzip.compress(b"a\n")[:5]],
    ids=["cut off", "something behind it", "not packed", "hardly begun"],
)
def test_a_packed_file_that_is_damaged_is_told_after_what_came_before(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(raw)
    with pytest.raises(OSError, match=r"packed|gzip"):
        [*whole_text(path, "utf-8")]
