"""One text as a YAML scalar: what drafts write, so that reading gives back the very same text."""

from __future__ import annotations

import json
import re

PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w. /-]*[\w]|[A-Za-z_\u4e00-\u9fff]")
YAML_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}


def scalar(text: str) -> str:
    """Return a text as YAML reads it back: bare where that is safe, else in quotation marks."""
    if PLAIN.fullmatch(text) and text.isprintable() and text.lower() not in YAML_WORDS:
        return text
    if text.isprintable() and '"' in text and "'" not in text:
        return f"'{text}'"
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return '"' + "".join(sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text) + '"'
