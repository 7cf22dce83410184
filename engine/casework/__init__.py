"""Casework: a finding becomes an obligation that somebody must answer, with clocks, a ladder and a journal that proves it."""

from engine.casework.journal import (
    GENESIS,
    Entry,
    canonical,
    decode_entry,
    encode_entry,
    hash_of,
    hash_of_payload,
    link,
    without_payload,
)

__all__ = [
    "GENESIS",
    "Entry",
    "canonical",
    "decode_entry",
    "encode_entry",
    "hash_of",
    "hash_of_payload",
    "link",
    "without_payload",
]
