"""What Prometheus reads: the right figures, under the names that the documents tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.embedded.metrics import MOST_SOURCES, metrics_of
from streams.store import Batch
from tests.streams.county import hours_now, line, started, write_rules
from tests.streams.program import Program
from tests.streams.test_office import House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a secret of the dispatch centre"  # noqa: S105 - of this test
NAME = re.compile(r"^\| `(clearly_\w+)` \|", re.MULTILINE)


@pytest.fixture
def county(tmp_path: Path) -> Iterator[House]:
    """Return a house in which nothing has happened yet."""
    county = House(tmp_path)
    yield county
    county.store.close()


def read(county: House) -> dict[str, float]:
    """Return every sample as it stands in the answer: `name{label=value,…}` to its value."""
    body, content_type = metrics_of(county.folder / "db", "")
    assert content_type.startswith("text/plain")
    samples = (sample for family in text_string_to_metric_families(body.decode()) for sample in family.samples)
    return {
        one.name + (f"{{{','.join(f'{label}={value}' for label, value in one.labels.items())}}}" if one.labels else ""): one.value
        for one in samples
    }


def families(body: str) -> set[str]:
    """Return the names of our own metrics, as whoever asks writes them."""
    return {name for name, kind in re.findall(r"^# TYPE (clearly_\w+) (\w+)$", body, re.MULTILINE) if kind != "unknown"}


def test_the_figures_are_those_of_the_store(county: House) -> None:
    county.find()
    county.say("ack", "zhang-wei")
    told = read(county)
    expected = {
        "clearly_events_accepted_total{source=scada}": 3,
        "clearly_changes_total{rule=repeated-outage}": 1,
        "clearly_tasks{state=ACKED}": 1,
        "clearly_tasks_by_level{level=1}": 1,
        "clearly_tasks_missed": 0,
        "clearly_tasks_over": 0,
        "clearly_journal_entries_total{kind=task.issued}": 1,
        "clearly_rejected_waiting": 0,
        "clearly_rules_broken": 0,
        "clearly_committed_timestamp_seconds": county.now / 1e6,
        "clearly_reached_timestamp_seconds": county.now / 1e6,
    }
    assert {name: told.get(name) for name in expected} == expected
    assert told["clearly_database_bytes{file=database}"] == (county.folder / "db").stat().st_size
    assert told["clearly_disk_free_bytes"] > 0
    assert told["process_cpu_seconds_total"] > 0


def test_counters_go_on_after_a_restart_and_rungs_are_counted(county: House) -> None:
    county.find()
    county.restart()
    county.pass_(days=9)
    told = read(county)
    assert told["clearly_events_accepted_total{source=scada}"] == 3
    assert told["clearly_tasks_missed"] == 1
    rungs = {name: value for name, value in told.items() if name.startswith("clearly_rungs_total")}
    assert sum(rungs.values()) == sum(entry.kind == "rung.claimed" for entry in county.journal()) > 0


def test_a_thousand_sources_do_not_become_a_thousand_series(county: House) -> None:
    county.store.keep(Batch(county.now, counts={("accepted", f"sender-{number}"): number for number in range(1, 1_001)}))
    told = {name: value for name, value in read(county).items() if name.startswith("clearly_events_accepted_total")}
    assert len(told) == MOST_SOURCES + 1
    assert sum(told.values()) == sum(range(1, 1_001))
    assert told["clearly_events_accepted_total{source=…}"] == sum(range(1, 801))


def test_the_documents_tell_every_metric_and_no_other(county: House, house: Path) -> None:
    county.find()
    body, _ = metrics_of(county.folder / "db", "")
    text = (house / "docs" / "metrics.md").read_text("utf-8")
    embedded, workers = text.split("## Workers on Kafka")
    assert set(NAME.findall(embedded)) == families(body.decode())
    # the ledger keeps the same vigil as the embedded runtime, and one alert serves both
    assert set(NAME.findall(workers)) & families(body.decode()) == {"clearly_invariants_held_timestamp_seconds"}


def test_openmetrics_is_spoken_where_it_is_asked_for(county: House) -> None:
    body, content_type = metrics_of(county.folder / "db", "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_metrics_are_for_who_knows_the_token(tmp_path: Path) -> None:
    with Program(write_rules(tmp_path / "rules"), tmp_path / "db", (), {"http_token": TOKEN}, http="127.0.0.1:0") as program:
        with httpx.Client(base_url=program.url(), timeout=30) as client:
            assert client.get("/metrics").status_code == 401
            client.headers["authorization"] = f"Bearer {TOKEN}"
            client.post("/events", content=line(started("A-1", hours_now())))
            answer = client.get("/metrics")
            assert 'clearly_events_accepted_total{source=""} 1.0' in answer.text
        assert program.stop() == 0
