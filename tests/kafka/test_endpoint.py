"""What workers say of themselves over HTTP: whether they live and work, and figures for Prometheus."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

import pytest

from streams import clock
from streams.cli.program import answer
from streams.kafka.endpoint import LOOPBACK, PULSE, Pulse, next_to, serve
from tests.kafka.conftest import free_port
from tests.kafka.installation import Installation
from tests.streams.county import hours_now, started, write_rules

if TYPE_CHECKING:
    from pathlib import Path

    from streams.kafka.connection import Connection


#: The stages of one machine, in the order in which they are started.
STAGES = ("intake", "watching", "casework", "ledger")


def asked(port: int, path: str) -> tuple[int, str]:
    """Return what a worker answers, 0 where none does."""
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}{path}", timeout=20) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except (URLError, OSError):
        return 0, ""


def figure(port: int, name: str) -> float:
    """Return the sum of all series of a name."""
    lines = asked(port, "/metrics")[1].splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


def wait_for(kafka: Installation, port: int) -> None:
    """Wait until a worker is ready."""
    kafka.until(lambda: asked(port, "/readyz")[0] == 200, "waiting for a stage to be ready")


def test_every_worker_tells_how_it_fares(connection: Connection, tmp_path: Path) -> None:
    """All stages, started by one supervisor with ports of their own, one after the other."""
    port, now = free_port(), hours_now()
    with Installation(connection, tmp_path) as kafka:
        kafka.start("all", "all", "--db", str(tmp_path / "ledger.db"), "--metrics", str(port))
        intake, *others = (port + number for number in range(len(STAGES)))
        kafka.until(lambda: asked(intake, "/healthz")[0] == 200, "waiting for intake to live")
        assert asked(intake, "/readyz")[0] == 503, "it has no rules yet"
        kafka.publish(write_rules(tmp_path / "rules"))
        for one in (intake, *others):
            wait_for(kafka, one)
        stages = {json.loads(asked(one, "/healthz")[1])["stage"]: one for one in (intake, *others)}
        assert tuple(stages) == STAGES
        kafka.send([started("o1", now - 20), started("o2", now - 1), {"type": "no.such"}], key="outage_id")
        kafka.send([started("late", now - 40)], key="outage_id")
        kafka.settle(clock.now())
        kafka.until(lambda: figure(stages["ledger"], "clearly_ledger_changes_total") >= 2, "waiting for the ledger")
        assert figure(stages["intake"], "clearly_intake_events_total") == 3
        assert figure(stages["intake"], "clearly_intake_rejected_total") == 1
        assert figure(stages["watching"], "clearly_watching_changes_total") >= 2
        for stage in ("watching", "casework"):
            assert figure(stages[stage], f'clearly_stage_recovery_seconds_count{{stage="{stage}"}}') >= 1
            assert figure(stages[stage], f'clearly_stage_rebalances_total{{stage="{stage}"}}') >= 1
        assert figure(stages["watching"], "clearly_watching_row_bytes_count") > 0
        assert 'clearly_intake_delay_seconds{partition="' in asked(stages["intake"], "/metrics")[1]
        assert asked(intake, "/tables") == (404, "there are /healthz, /readyz and /metrics\n"), "no rows, no pages, nothing else"
        assert [worker.stop() for worker in kafka.workers] == [0]
        assert {asked(one, "/healthz")[0] for one in stages.values()} == {0}


def test_a_process_whose_loop_stands_still_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.kafka.endpoint.ANSWER", 0.2)
    pulse, loop, held = Pulse(), asyncio.new_event_loop(), threading.Event()
    goes = threading.Thread(target=loop.run_forever)
    goes.start()
    pulse.follow(loop)
    assert pulse.is_alive()
    loop.call_soon_threadsafe(held.wait)
    assert not pulse.is_alive()
    held.set()
    loop.call_soon_threadsafe(loop.stop)
    goes.join()
    loop.close()
    assert not pulse.is_alive(), "it has ended"


def test_it_listens_on_the_loopback_address_and_at_one_port_each(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    server = serve(str(port), "watching")
    try:
        assert server.server_address[:2] == (LOOPBACK, port)
        assert asked(port, "/healthz") == (200, '{"status":"ok","stage":"watching","ready":false}')
        assert asked(port, "/readyz")[0] == 503
        with pytest.raises(Exception, match=f"--metrics {port}: .*in use"):
            serve(str(port), "intake")
    finally:
        server.shutdown()
        server.server_close()
        PULSE.stage = ""
    assert (next_to("9100", 2), next_to("0.0.0.0:9100", 1)) == ("127.0.0.1:9102", "0.0.0.0:9101")
    assert answer(["kafka", "run", "all", "--bootstrap", "127.0.0.1:1", "--metrics", "often"]) == 2
    assert "--metrics often: must be PORT or HOST:PORT, for example 9100" in capsys.readouterr().err
