"""Casework: a finding becomes an obligation that somebody must answer, with clocks, a ladder and a journal that proves it.

Long, being a list: of everything that others may see, once for readers of types and once for what opens late.
"""

from typing import TYPE_CHECKING

from engine.door import open_late

if TYPE_CHECKING:
    from engine.casework.audit import Mark, Tampering, verify, verify_checkpoints, verify_task
    from engine.casework.auditexport import Exported, export, read_export
    from engine.casework.checkpoint import Checkpoint, checkpoint, decode_checkpoint, encode_checkpoint, is_due
    from engine.casework.clock import Clock
    from engine.casework.cloudevent import cloud_event, told_by_journal, told_by_rule, told_by_state
    from engine.casework.command import NEEDS, Command, Dropped, Moved, Outcome, Refused
    from engine.casework.digest import Span, circulars, next_moment, notices, reminders
    from engine.casework.drawing import picture, read_table, table
    from engine.casework.effect import Effect, is_counted, stretches
    from engine.casework.erasing import ERASE
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
    from engine.casework.formmarkdown import markdown_of
    from engine.casework.hours import Calendars, NoWorkingTimeError
    from engine.casework.invariants import LAG, Broken, broken
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
    from engine.casework.judge import FormJudge, Known
    from engine.casework.ladder import Ladder, Rung
    from engine.casework.life import Choice, Reading, choices, command, expire, happen, rebase, said_of, start, waits_for
    from engine.casework.message import Message, ending, message, message_in_feed, trial
    from engine.casework.monthly import month_after, month_at, month_cards, month_period, score_value
    from engine.casework.move import Occurrence
    from engine.casework.parameters import Parameters, Profile, read_profile
    from engine.casework.people import People
    from engine.casework.prefill import Fact, done_by, kept_both, prefilled
    from engine.casework.publication import Publication, id_for
    from engine.casework.rejection import Return, check_returns, codes_for, read_return
    from engine.casework.remedy import check_remedy, is_met
    from engine.casework.scorecard import Middle, Period, Rate, Score, Size, Tally, ranking, tallies, together
    from engine.casework.signing import unsigned, who_signs
    from engine.casework.state import INCLUDES, OVER, ROLES, STATES, WATCH_ENDS, State
    from engine.casework.subscription import Subscription, again_at, faults
    from engine.casework.table import ROWS
    from engine.casework.task import Breach, Claim, Suspension, Task, Timer, apply, fold, pack, unpack
    from engine.casework.terms import Judge, PlainJudge, Terms
    from engine.casework.textchecks import CHECKS
    from engine.casework.umbrella import STORM
    from engine.casework.warning import is_warning, warning
    from engine.casework.whydue import why_due
    from engine.casework.world import Casework, Row

open_late(
    __name__,
    {
        "audit": ("Mark", "Tampering", "verify", "verify_checkpoints", "verify_task"),
        "auditexport": ("Exported", "export", "read_export"),
        "checkpoint": ("Checkpoint", "checkpoint", "decode_checkpoint", "encode_checkpoint", "is_due"),
        "clock": ("Clock",),
        "cloudevent": ("cloud_event", "told_by_journal", "told_by_rule", "told_by_state"),
        "command": ("NEEDS", "Command", "Dropped", "Moved", "Outcome", "Refused"),
        "digest": ("Span", "circulars", "next_moment", "notices", "reminders"),
        "drawing": ("picture", "read_table", "table"),
        "effect": ("Effect", "is_counted", "stretches"),
        "erasing": ("ERASE",),
        "evidence": (
            "LARGEST",
            "Held",
            "Item",
            "check_erasure",
            "check_items",
            "erasure",
            "evidence_in",
            "fits",
            "forgotten",
            "of_file",
            "recorded",
            "refused_for_size",
            "shown",
        ),
        "explanation": ("About", "check"),
        "fault": ("Fault",),
        "form": ("FIELDS",),
        "formfile": ("Form", "Heading", "read_form", "template"),
        "formmarkdown": ("markdown_of",),
        "hours": ("Calendars", "NoWorkingTimeError"),
        "invariants": ("LAG", "Broken", "broken"),
        "journal": (
            "GENESIS",
            "Entry",
            "canonical",
            "decode_entry",
            "encode_entry",
            "hash_of",
            "hash_of_payload",
            "link",
            "without_payload",
        ),
        "judge": ("FormJudge", "Known"),
        "ladder": ("Ladder", "Rung"),
        "life": ("Choice", "Reading", "choices", "command", "expire", "happen", "rebase", "said_of", "start", "waits_for"),
        "message": ("Message", "ending", "message", "message_in_feed", "trial"),
        "monthly": ("month_after", "month_at", "month_cards", "month_period", "score_value"),
        "move": ("Occurrence",),
        "parameters": ("Parameters", "Profile", "read_profile"),
        "people": ("People",),
        "prefill": ("Fact", "done_by", "kept_both", "prefilled"),
        "publication": ("Publication", "id_for"),
        "rejection": ("Return", "check_returns", "codes_for", "read_return"),
        "remedy": ("check_remedy", "is_met"),
        "scorecard": ("Middle", "Period", "Rate", "Score", "Size", "Tally", "ranking", "tallies", "together"),
        "signing": ("unsigned", "who_signs"),
        "state": ("INCLUDES", "OVER", "ROLES", "STATES", "WATCH_ENDS", "State"),
        "subscription": ("Subscription", "again_at", "faults"),
        "table": ("ROWS",),
        "task": ("Breach", "Claim", "Suspension", "Task", "Timer", "apply", "fold", "pack", "unpack"),
        "terms": ("Judge", "PlainJudge", "Terms"),
        "textchecks": ("CHECKS",),
        "umbrella": ("STORM",),
        "warning": ("is_warning", "warning"),
        "whydue": ("why_due",),
        "world": ("Casework", "Row"),
    },
)

__all__ = [
    "CHECKS",
    "ERASE",
    "FIELDS",
    "GENESIS",
    "INCLUDES",
    "LAG",
    "LARGEST",
    "NEEDS",
    "OVER",
    "ROLES",
    "ROWS",
    "STATES",
    "STORM",
    "WATCH_ENDS",
    "About",
    "Breach",
    "Broken",
    "Calendars",
    "Casework",
    "Checkpoint",
    "Choice",
    "Claim",
    "Clock",
    "Command",
    "Dropped",
    "Effect",
    "Entry",
    "Exported",
    "Fact",
    "Fault",
    "Form",
    "FormJudge",
    "Heading",
    "Held",
    "Item",
    "Judge",
    "Known",
    "Ladder",
    "Mark",
    "Message",
    "Middle",
    "Moved",
    "NoWorkingTimeError",
    "Occurrence",
    "Outcome",
    "Parameters",
    "People",
    "Period",
    "PlainJudge",
    "Profile",
    "Publication",
    "Rate",
    "Reading",
    "Refused",
    "Return",
    "Row",
    "Rung",
    "Score",
    "Size",
    "Span",
    "State",
    "Subscription",
    "Suspension",
    "Tally",
    "Tampering",
    "Task",
    "Terms",
    "Timer",
    "again_at",
    "apply",
    "broken",
    "canonical",
    "check",
    "check_erasure",
    "check_items",
    "check_remedy",
    "check_returns",
    "checkpoint",
    "choices",
    "circulars",
    "cloud_event",
    "codes_for",
    "command",
    "decode_checkpoint",
    "decode_entry",
    "done_by",
    "encode_checkpoint",
    "encode_entry",
    "ending",
    "erasure",
    "evidence_in",
    "expire",
    "export",
    "faults",
    "fits",
    "fold",
    "forgotten",
    "happen",
    "hash_of",
    "hash_of_payload",
    "id_for",
    "is_counted",
    "is_due",
    "is_met",
    "is_warning",
    "kept_both",
    "link",
    "markdown_of",
    "message",
    "message_in_feed",
    "month_after",
    "month_at",
    "month_cards",
    "month_period",
    "next_moment",
    "notices",
    "of_file",
    "pack",
    "picture",
    "prefilled",
    "ranking",
    "read_export",
    "read_form",
    "read_profile",
    "read_return",
    "read_table",
    "rebase",
    "recorded",
    "refused_for_size",
    "reminders",
    "said_of",
    "score_value",
    "shown",
    "start",
    "stretches",
    "table",
    "tallies",
    "template",
    "together",
    "told_by_journal",
    "told_by_rule",
    "told_by_state",
    "trial",
    "unpack",
    "unsigned",
    "verify",
    "verify_checkpoints",
    "verify_task",
    "waits_for",
    "warning",
    "who_signs",
    "why_due",
    "without_payload",
]
