"""What an operator may set for the Kafka runtime: one frozen value, read from the environment once, when a program starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.settings import unusable


class KafkaSettings(BaseSettings):
    """Every setting is an environment variable: `CLEARLY_KAFKA_` and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="CLEARLY_KAFKA_", frozen=True, extra="ignore")

    prefix: str = Field("clearly", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="what all topics and groups begin with")
    tls: bool = Field(default=False, description="whether the brokers speak TLS")
    ca_file: Path | None = Field(
        None, description="who has to have signed the brokers' certificates, where the machine's own list does not do"
    )
    cert_file: Path | None = Field(None, description="our own certificate, where brokers ask for one")
    key_file: Path | None = Field(None, description="the key of our own certificate")
    user: str | None = Field(None, description="who we are, where brokers ask for a password")
    password: SecretStr | None = Field(None, description="the password")
    password_file: Path | None = Field(None, description="a file that holds it, for secrets that are mounted")
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field("SCRAM-SHA-512", description="how the password is shown")
    plaintext: bool = Field(default=False, description="whether brokers beyond this machine may be spoken to without TLS")
    pack_events: int = Field(500, ge=1, description="the most events of one packed record")
    pack_bytes: int = Field(512_000, ge=1_000, description="the most bytes of events of one packed record")
    fetch_records: int = Field(4_000, ge=1, description="the most records of feeds that are taken at once")
    mark_seconds: float = Field(1.0, gt=0, description="how often every stage is told how far the feeds have been read")
    session_seconds: float = Field(10.0, ge=6, description="after how long a worker that says nothing counts as dead")
    commit_seconds: float = Field(1.0, gt=0, description="how often a worker notes how far it has read")
    transaction_seconds: float = Field(10.0, ge=1, description="how long what a dead worker began holds back those who read")
    cache_mb: int = Field(32, ge=1, description="memory for rows read from the disk, of each partition")

    @property
    def request_seconds(self) -> float:
        """Return after how long a broker that does not answer is given up: never before the session would be over."""
        return 1.5 * self.session_seconds

    def secret(self) -> str | None:
        """Return the password, from the variable or from the file, or None where neither is set."""
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is not None:
            return self.password_file.read_text(encoding="utf-8").strip()
        return None


def read_kafka_settings() -> KafkaSettings | list[str]:
    """Return the settings, or one line for each variable that cannot be used."""
    try:
        return KafkaSettings()
    except ValidationError as error:
        return unusable(error, "CLEARLY_KAFKA_")
