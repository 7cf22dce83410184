"""One hash over many, from which a short proof shows that a record is among them. The tree of RFC 6962 (certificate transparency)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Leaves and inner nodes are hashed apart, so that no node can be passed off as a record.
LEAF, NODE = b"\x00", b"\x01"


def root(hashes: Sequence[str]) -> str:
    """Return the root over the hashes of some records, in their order."""
    return levels([leaf(one) for one in hashes])[-1][0].hex() if hashes else sha256(b"").hexdigest()


def leaf(record: str) -> bytes:
    """Return the leaf of a record."""
    return sha256(LEAF + record.encode()).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the node over two others."""
    return sha256(NODE + left + right).digest()


def levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Return the tree from some leaves up to its top, level by level: an odd one moves up as it is."""
    found = [leaves]
    while len(leaves) > 1:
        pairs = [node(leaves[place], leaves[place + 1]) for place in range(0, len(leaves) - 1, 2)]
        leaves = pairs if len(leaves) % 2 == 0 else [*pairs, leaves[-1]]
        found.append(leaves)
    return found


def proofs(hashes: Sequence[str]) -> Iterator[list[str]]:
    """Give for each record the way up to the root: each step `L` or `R`, on which side the other one stands, and its hash."""
    tree = levels([leaf(one) for one in hashes])
    for index in range(len(hashes)):
        yield way(tree, index)


def proof(hashes: Sequence[str], index: int) -> list[str]:
    """Return the way from one record up to the root."""
    return way(levels([leaf(one) for one in hashes]), index)


def way(tree: list[list[bytes]], index: int) -> list[str]:
    """Return the way from a leaf up through a tree."""
    steps = []
    for leaves in tree[:-1]:
        other = index ^ 1
        if other < len(leaves):
            steps.append(f"{'L' if other < index else 'R'}{leaves[other].hex()}")
        index //= 2
    return steps


def proves(record: str, steps: Sequence[str], wanted: str) -> bool:
    """Return whether a record is under a root."""
    found = leaf(record)
    for step in steps:
        side, other = step[:1], step[1:]
        if side not in {"L", "R"} or len(other) != 64 or any(letter not in "0123456789abcdef" for letter in other):
            return False
        sibling = bytes.fromhex(other)
        found = node(sibling, found) if side == "L" else node(found, sibling)
    return found.hex() == wanted
