"""Settings come from the environment, and the documents name every one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.settings import Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_setting_stands_in_the_documents_with_its_default(house: Path) -> None:
    told = dict(re.findall(r"^\| `CLEARLY_(\w+)` \| (\S+) \|", (house / "docs" / "running.md").read_text("utf-8"), re.MULTILINE))
    fields = {name.upper(): "–" if field.default is None else str(field.default) for name, field in Settings.model_fields.items()}
    assert told == fields


def test_a_setting_that_cannot_be_used_is_named_as_the_operator_wrote_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARLY_BATCH", "many")
    monkeypatch.setenv("CLEARLY_POLL_SECONDS", "0")
    told = read_settings()
    assert isinstance(told, list)
    assert sorted(line.partition(":")[0] for line in told) == ["CLEARLY_BATCH", "CLEARLY_POLL_SECONDS"]


def test_a_token_is_not_shown_where_settings_are() -> None:
    settings = Settings.model_validate({"http_token": "secret of the house"})
    assert "secret of the house" not in repr(settings)
    assert settings.token() == "secret of the house"
