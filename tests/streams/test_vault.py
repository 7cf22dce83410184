"""Files attached as evidence: kept whole or not at all, checked against their hashes, erased for one task at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.casework import Fault, Item
from streams.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path


def taken(vault: Vault, file: Path, task: str = "long-outage-1", classification: str = "internal") -> Item:
    """Return the evidence that a file became."""
    found = vault.take(file, task, by="wang.wu", arrived=1, classification=classification)
    assert isinstance(found, Item)
    return found


def test_a_file_is_kept_and_comes_back_as_it_was(tmp_path: Path) -> None:
    photo = tmp_path / "熔断器 1.jpg"
    photo.write_bytes(b"burnt" * 1000)
    vault = Vault(tmp_path / "vault")
    item = taken(vault, photo)
    photo.unlink()
    assert vault.read("long-outage-1", item) == b"burnt" * 1000
    assert (item.name, item.size, item.kind) == ("熔断器 1.jpg", 5000, "photo")
    assert vault.missing("long-outage-1", [item, Item(id="o-1", kind="event")]) == []
    assert [path.suffix for path in (tmp_path / "vault").rglob("*") if path.is_file()] == [""]


def test_an_attachment_of_a_hundred_megabytes_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    with video.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    refused = Vault(tmp_path / "vault").take(video, "long-outage-1", by="wang.wu", arrived=1)
    assert isinstance(refused, Fault)
    assert refused.code == "attachment-too-large"
    assert not (tmp_path / "vault").exists()


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").touch()
    refused = Vault(tmp_path / "vault").take(tmp_path / "empty.pdf", "long-outage-1", by="wang.wu", arrived=1)
    assert isinstance(refused, Fault)
    assert refused.code == "attachment-empty"


def test_what_was_changed_or_lost_in_the_vault_is_named(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    items = []
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (tmp_path / name).write_text(name)
        items.append(taken(vault, tmp_path / name))
    vault.path("long-outage-1", items[0].id).write_text("A.pdf")
    vault.path("long-outage-1", items[1].id).unlink()
    assert vault.missing("long-outage-1", items) == items[:2]
    assert vault.read("long-outage-1", items[0]) is None


def test_erasing_for_one_task_leaves_the_other_its_copy(tmp_path: Path) -> None:
    call = tmp_path / "call.wav"
    call.write_text("a call")
    vault = Vault(tmp_path / "vault")
    item = taken(vault, call, classification="personal")
    assert taken(vault, call, "long-outage-2", "personal") == item
    assert vault.erase("long-outage-1", item)
    assert not vault.erase("long-outage-1", item)
    assert vault.read("long-outage-1", item) is None
    assert vault.read("long-outage-2", item) == b"a call"
