"""Why something that came in is not an event: where, what, and what would be right."""

from __future__ import annotations

import msgspec


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came in and is no event of this catalogue.

    `reason` says what is wrong, `path` where (`$` is the whole of it), `right` what would be right ("" where the reason
    says it already); `raw` is what came in, whole; `code` names the kind of fault for counting.
    """

    code: str
    reason: str
    path: str = "$"
    right: str = ""
    raw: bytes = b""
    source: str = ""

    def __str__(self) -> str:
        """Return one line: `$.customers: must be a whole number, not '12'; write it without quotes`."""
        return f"{self.path}: {self.reason}{'; ' + self.right if self.right else ''}"

    def inside(self, where: str, raw: bytes | None = None) -> Rejected:
        """Return the same as a part of something larger, at `where` in it (`$[3]`, `$.data`)."""
        path = where + self.path.removeprefix("$")
        return msgspec.structs.replace(self, path=path, raw=self.raw if raw is None else raw)
