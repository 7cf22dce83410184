"""What an operator may set beside the command line: one frozen value, read from the environment once, when the program starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting is an environment variable: `CLEARLY_` and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CLEARLY_", frozen=True, extra="ignore")

    http_token: SecretStr | None = Field(None, description="the bearer token that POST /events asks for")
    http_token_file: Path | None = Field(None, description="a file that holds the bearer token, for secrets that are mounted")
    http_body_limit: int = Field(16_000_000, ge=1_000, description="the largest request body, in bytes")
    event_limit: int = Field(1_000_000, ge=1_000, description="the largest single event, in bytes")
    inbox_limit: int = Field(64_000_000, ge=1_000, description="how many bytes of requests may wait before senders are told to wait")
    batch: int = Field(1_000, ge=1, description="how many events of a feed are kept in one transaction")
    group: int = Field(5_000, ge=1, description="how many events of waiting requests are kept in one transaction")
    poll_seconds: float = Field(1.0, gt=0, description="how often feeds are looked at for something new")
    grace_seconds: float = Field(
        60.0, ge=0, description="how long, after a standstill, senders over HTTP have to deliver before deadlines are decided"
    )
    lag_seconds: float = Field(
        600.0, gt=0, description="how far the time that decides may be behind the clock before the heartbeat stops / 判定滞后上限"
    )
    undecided_seconds: float = Field(
        86_400.0, gt=0, description="how long a decision may wait for a silent source before the heartbeat stops / 等待数据源上限"
    )
    log: Literal["console", "json"] = Field("console", description="how the log is written to standard error")
    keep_days: int = Field(30, ge=0, description="how much longer than a rule looks back events are kept")

    def token(self) -> str | None:
        """Return the bearer token, from the variable or from the file, or None where neither is set."""
        if self.http_token is not None:
            return self.http_token.get_secret_value() or None
        if self.http_token_file is not None:
            return self.http_token_file.read_text(encoding="utf-8").strip() or None
        return None


def read_settings() -> Settings | list[str]:
    """Return the settings, or one line for each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        return unusable(error, "CLEARLY_")


def unusable(error: ValidationError, prefix: str) -> list[str]:
    """Return one line for each variable that cannot be used, called as the operator writes it."""
    return [
        f"{prefix}{str(problem['loc'][0]).upper()}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
        for problem in error.errors(include_url=False, include_input=False)
    ]
