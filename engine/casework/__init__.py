"""Casework: a finding becomes an obligation that somebody must answer, with clocks, a ladder and a journal that proves it."""

from engine.casework.evidence import (
    LARGEST,
    Held,
    Item,
    check_erasure,
    check_items,
    erasure,
    evidence_in,
    fits,
    forgotten,
    of_file,
    recorded,
    refused_for_size,
    shown,
)
from engine.casework.explanation import About, check
from engine.casework.fault import Fault
from engine.casework.form import FIELDS
from engine.casework.formfile import Form, Heading, read_form, template
from engine.casework.journal import GENESIS, Entry, canonical, decode_entry, encode_entry, hash_of, hash_of_payload, link, without_payload
from engine.casework.prefill import Fact, done_by, kept_both, prefilled
from engine.casework.rejection import Return, check_returns, codes_for, read_return
from engine.casework.textchecks import CHECKS

__all__ = [
    "CHECKS",
    "FIELDS",
    "GENESIS",
    "LARGEST",
    "About",
    "Entry",
    "Fact",
    "Fault",
    "Form",
    "Heading",
    "Held",
    "Item",
    "Return",
    "canonical",
    "check",
    "check_erasure",
    "check_items",
    "check_returns",
    "codes_for",
    "decode_entry",
    "done_by",
    "encode_entry",
    "erasure",
    "evidence_in",
    "fits",
    "forgotten",
    "hash_of",
    "hash_of_payload",
    "kept_both",
    "link",
    "of_file",
    "prefilled",
    "read_form",
    "read_return",
    "recorded",
    "refused_for_size",
    "shown",
    "template",
    "without_payload",
]
