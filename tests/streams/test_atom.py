"""Alerts as a feed: what a reader of feeds gets, of one unit and those below it, behind the same token as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import httpx

from engine.casework import Subscription
from streams import docket
from streams.notify import Alerts
from streams.readers import last_read
from tests.streams.program import Program
from tests.streams.test_office import House

if TYPE_CHECKING:
    from pathlib import Path

ATOM = {"": "http://www.w3.org/2005/Atom"}
TOKEN = "a secret of the supervisors"  # noqa: S105 - of this test


def entries(feed: bytes) -> list[tuple[str, str, str]]:
    """Return id, topic and text of every entry."""
    found = []
    for entry in ET.fromstring(feed).iterfind("entry", ATOM):  # noqa: S314 - our own
        category = entry.find("category", ATOM)
        assert category is not None
        found.append((entry.findtext("id", "", ATOM), category.attrib["term"], entry.findtext("content", "", ATOM)))
    return found


def test_a_feed_has_the_newest_alerts_of_a_unit_and_those_below_it_with_why_they_are_in_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.find()
    house.pass_(days=20)
    told = [one for _, one in docket.published(house.store) if one.topic.startswith("alert.")]
    alerts = Alerts(tmp_path / "db")
    every = alerts.feed(Subscription(name="feed", to="", units=("linxi",)), house.now)
    assert [one[:2] for one in entries(every)] == [(f"urn:uuid:{one.id}", one.topic) for one in reversed(told)]
    assert every == alerts.feed(Subscription(name="feed", to="", units=("linxi",)), house.now)
    high = entries(alerts.feed(Subscription(name="feed", to="", level=3, units=("qinghe.linxi",)), house.now))
    assert {topic for _, topic, _ in high} == {"alert.l3", "alert.l4", "alert.l5"}
    assert "为何在此：该订阅源地址要求" in high[0][2]
    assert "Why it is in this feed: its address asks for rung 3 and above; units qinghe.linxi and below" in high[0][2]
    assert entries(alerts.feed(Subscription(name="feed", to="", units=("donghe",)), house.now)) == []
    some = {name: entries(alerts.feed(Subscription(name="feed", to="", categories=(name,)), house.now)) for name in ("outage", "complaint")}
    assert (len(some["outage"]), some["complaint"]) == (len(told), [])
    assert last_read(tmp_path / "db")["alert.l0"].at == house.now
    house.store.close()


def test_a_feed_stands_behind_the_token_and_says_what_it_cannot_be_asked(tmp_path: Path) -> None:
    House(tmp_path).store.close()
    with Program(tmp_path / "rules", tmp_path / "db", (), {"http_token": TOKEN}, http="127.0.0.1:0") as program:
        with httpx.Client(base_url=program.url(), timeout=30) as client:
            assert client.get("/alerts.atom").status_code == 401
            client.headers["authorization"] = f"Bearer {TOKEN}"
            found = client.get("/alerts.atom", params={"unit": "linxi", "level": "3", "category": "outage"})
            assert (found.status_code, found.headers["content-type"]) == (200, "application/atom+xml")
            assert entries(found.content) == []
            for asked, why in (("level=9", "no rung"), ("unti=linxi", "nobody can ask for 'unti'"), ("severity=dear", "no such severity")):
                refused = client.get(f"/alerts.atom?{asked}")
                assert refused.status_code == 400
                assert why in refused.json()["reason"]
        assert program.stop() == 0
