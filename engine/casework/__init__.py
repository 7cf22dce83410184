"""Casework: a finding becomes an obligation that somebody must answer, with clocks, a ladder and a journal that proves it."""

from engine.casework.explanation import About, check
from engine.casework.fault import Fault
from engine.casework.form import FIELDS
from engine.casework.formfile import Form, Heading, read_form, template
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
from engine.casework.prefill import Fact, done_by, kept_both, prefilled
from engine.casework.rejection import Return, check_returns, codes_for, read_return
from engine.casework.textchecks import CHECKS

__all__ = [
    "CHECKS",
    "FIELDS",
    "GENESIS",
    "About",
    "Entry",
    "Fact",
    "Fault",
    "Form",
    "Heading",
    "Return",
    "canonical",
    "check",
    "check_returns",
    "codes_for",
    "decode_entry",
    "done_by",
    "encode_entry",
    "hash_of",
    "hash_of_payload",
    "kept_both",
    "link",
    "prefilled",
    "read_form",
    "read_return",
    "template",
    "without_payload",
]
