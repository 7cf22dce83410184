"""Evidence: what claims stand on. Appended, superseded by something better, or redacted; never deleted.

A file stays outside the journal, which keeps its hash and size. So the personal data in a file can be erased one day: the bytes and
the words about them go, the entry with their hash and the reason stays, and the chain still verifies.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec.structs import replace

from engine.casework.fault import fault
from engine.casework.journal import Entry, link, without_payload
from engine.source import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.casework.fault import Fault

#: A photo or a scanned report is a few megabytes; what is larger belongs where large files are kept.
LARGEST: Final = 20 * 1024 * 1024
KINDS: Final = ("event", "complaint", "photo", "document", "measurement", "statement")
CLASSES: Final = ("public", "internal", "personal")
HASH: Final = re.compile(r"[0-9a-f]{64}")
#: Marks in the data of an entry what it says of evidence.
ITEMS, ERASED = "items", "erased"
#: What only the payload says, so that it can be erased.
ERASABLE: Final = ("name", "note")
PHOTOS: Final = ("jpg", "jpeg", "png", "gif", "webp", "heic", "bmp")
MEASUREMENTS: Final = ("csv", "tsv", "cfg", "dat", "json", "jsonl")

Standing = Literal["current", "superseded", "erased"]


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of evidence. A file has hash and size, an event the place that it came from."""

    id: str
    kind: str
    classification: str = "internal"
    sha256: str = ""
    size: int = 0
    #: of an event: its source, its id there, and topic/partition/offset or file:line
    source: str = ""
    ce_id: str = ""
    position: str = ""
    #: when it happened, when it came in; None where nobody knows
    at: int | None = None
    arrived: int | None = None
    by: str = ""
    #: the piece that this one takes the place of, or of which it is the copy that may be shown
    supersedes: str = ""
    redacts: str = ""
    name: str = ""
    note: str = ""


class Held(msgspec.Struct, frozen=True):
    """A piece of evidence as it stands: who or what came after it, and why its content is gone."""

    item: Item
    standing: Standing = "current"
    superseded_by: str = ""
    redacted_copy: str = ""
    erased_because: str = ""


def of_file(content: bytes, name: str, *, by: str, arrived: int, classification: str = "internal", note: str = "") -> Item:
    """Return the piece that a file is. The same content has the same id, so attaching it twice is noticed."""
    digest = sha256(content).hexdigest()
    ending = name.rpartition(".")[2].lower()
    kind = "photo" if ending in PHOTOS else "measurement" if ending in MEASUREMENTS else "document"
    return Item(
        id=f"f-{digest[:12]}",
        kind=kind,
        classification=classification,
        sha256=digest,
        size=len(content),
        arrived=arrived,
        by=by,
        name=name.replace("\\", "/").rpartition("/")[2],
        note=note,
    )


def refused_for_size(name: str, size: int, largest: int = LARGEST) -> Fault | None:
    """Return why a file is not taken, from its size alone, before anything of it is read; None where it is taken."""
    if size == 0:
        return fault(("attach", name), "attachment-empty", value=name)
    if size > largest:
        return fault(("attach", name), "attachment-too-large", value=f"{name}, {megabytes(size)}", wanted=megabytes(largest))
    return None


def megabytes(size: int) -> str:
    """Return a size for people; never rounded down to the limit that it is over."""
    return f"{-(-size * 10 // (1024 * 1024)) / 10:.1f} MB"


def check_items(items: Sequence[Item], held: Mapping[str, Held], largest: int = LARGEST) -> tuple[Fault, ...]:
    """Return everything that is wrong with new evidence, beside what there is already."""
    found: list[Fault] = []
    new: set[str] = set()
    for number, item in enumerate(items):
        found += check_item(("items", number), item, held, largest)
        if item.id in held or item.id in new:
            found.append(fault(("items", number), "evidence-twice", value=item.name or item.id))
        new.add(item.id)
    return tuple(found)


def check_item(path: tuple[str | int, ...], item: Item, held: Mapping[str, Held], largest: int) -> Iterator[Fault]:
    """Return what is wrong with one piece."""
    for name, value, known in (("kind", item.kind, KINDS), ("classification", item.classification, CLASSES)):
        if value not in known:
            yield fault((*path, name), "unknown-choice", value=value, hint=suggest(value, known), wanted=", ".join(known))
    if not item.id.strip():
        yield fault((*path, "id"), "missing")
    if item.sha256 and HASH.fullmatch(item.sha256) is None:
        yield fault((*path, "sha256"), "not-a-hash", value=item.sha256)
    if item.sha256 and (refused := refused_for_size(item.name or item.id, item.size, largest)) is not None:
        yield refused
    yield from check_earlier(path, item, held)


def check_earlier(path: tuple[str | int, ...], item: Item, held: Mapping[str, Held]) -> Iterator[Fault]:
    """Return what is wrong with the piece that another one takes the place of, or is the copy of."""
    for name, earlier in (("supersedes", item.supersedes), ("redacts", item.redacts)):
        if earlier and earlier not in held:
            yield fault((*path, name), "unknown-evidence", value=earlier, hint=suggest(earlier, held))
        elif earlier and held[earlier].standing != "current":
            yield fault((*path, name), "evidence-gone", value=earlier, wanted=held[earlier].standing)


def recorded(items: Iterable[Item]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what an entry says of new evidence in its data, and what only in its payload, which can be erased."""
    data: list[dict[str, Any]] = []
    payload: dict[str, Any] = {}
    for item in items:
        whole = msgspec.to_builtins(item)
        data.append({name: value for name, value in whole.items() if name not in ERASABLE})
        said = {name: value for name, value in whole.items() if name in ERASABLE}
        if said:
            payload[item.id] = said
    return {ITEMS: data}, {ITEMS: payload} if payload else {}


def evidence_in(entries: Iterable[Entry]) -> dict[str, Held]:
    """Return the evidence of a task by id, as it stands after its entries."""
    held: dict[str, Held] = {}
    for entry in entries:
        said = (entry.payload or {}).get(ITEMS)
        for data in entry.data.get(ITEMS, ()):
            take(held, msgspec.convert({**data, **(said.get(data.get("id"), {}) if isinstance(said, dict) else {})}, Item))
        for name, reason in entry.data.get(ERASED, {}).items():
            if name in held:
                bare = replace(held[name].item, **dict.fromkeys(ERASABLE, ""))
                held[name] = replace(held[name], item=bare, standing="erased", erased_because=reason)
    return held


def take(held: dict[str, Held], item: Item) -> None:
    """Take one more piece, with what it means for those before it. A second one by the same id changes nothing."""
    if item.id in held:
        return
    held[item.id] = Held(item)
    if item.supersedes in held:
        held[item.supersedes] = replace(held[item.supersedes], standing="superseded", superseded_by=item.id)
    if item.redacts in held:
        held[item.redacts] = replace(held[item.redacts], redacted_copy=item.id)


def shown(held: Mapping[str, Held], name: str, *, may_see_personal: bool) -> Item | None:
    """Return the piece that somebody gets to see: of personal data the redacted copy, or nothing; of what is erased nothing."""
    found = held.get(name)
    if found is None or found.standing == "erased":
        return None
    if found.item.classification != "personal" or may_see_personal:
        return found.item
    return shown(held, found.redacted_copy, may_see_personal=False)


def fits(item: Item, content: bytes) -> bool:
    """Return whether a file is the one that was attached."""
    return len(content) == item.size and sha256(content).hexdigest() == item.sha256


# Erasing ----------------------------------------------------------------------------------------------------------------------


def check_erasure(names: Sequence[str], reason: str, held: Mapping[str, Held]) -> tuple[Fault, ...]:
    """Return what keeps personal data from being erased."""
    found = [] if reason.strip() else [fault(("reason",), "erase-reason")]
    for name in names:
        if name not in held:
            found.append(fault((ERASED, name), "unknown-evidence", value=name, hint=suggest(name, held)))
        elif held[name].standing == "erased":
            found.append(fault((ERASED, name), "evidence-gone", value=name, wanted="erased"))
        elif held[name].item.classification != "personal":
            found.append(fault((ERASED, name), "erase-not-personal", value=name, wanted=held[name].item.classification))
    return tuple(found)


def erasure(last: Entry, names: Sequence[str], reason: str, *, actor: str, role: str, at: int) -> Entry:
    """Return the entry that says which content is gone, and why. It moves nothing; the files' bytes are for their keeper to delete."""
    said = replace(
        last,
        kind="evidence.erased",
        event="C.erase",
        at=max(at, last.at),
        actor=actor,
        role=role,
        reason=reason,
        data={ERASED: dict.fromkeys(names, reason)},
        payload=None,
        noticed=None,
        position=None,
    )
    return link(last, said)


def forgotten(entries: Iterable[Entry], names: Iterable[str]) -> list[Entry]:
    """Return the entries without the payload of those that are named, or speak of what is: what people wrote beside it goes too."""
    gone = set(names)
    return [without_payload(one) if gone.intersection(names_of(one)) else one for one in entries]


def names_of(entry: Entry) -> list[str]:
    """Return the names by which an erasure may speak of an entry: those of its evidence, and `#` with its number."""
    return [*(str(data.get("id")) for data in entry.data.get(ITEMS, ())), f"#{entry.seq}"]
