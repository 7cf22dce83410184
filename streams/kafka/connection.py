"""How every client of ours reaches the brokers: addresses, TLS, passwords. One place, so that none of them is ever less careful."""

from __future__ import annotations

import ipaddress
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.kafka.settings import KafkaSettings, read_kafka_settings
from streams.kafka.topics import Names
from streams.lock import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Milliseconds after which brokers that do not answer are given up at first.
PATIENCE = 10_000


@dataclass(frozen=True, slots=True)
class Connection:
    """The way to the brokers. `options` are what aiokafka and kafka-python both understand."""

    bootstrap: str
    settings: KafkaSettings = field(default_factory=KafkaSettings)

    @property
    def names(self) -> Names:
        """Return what topics and groups are called here."""
        return Names(self.settings.prefix)

    @property
    def servers(self) -> list[str]:
        """Return the addresses to begin with."""
        return [one.strip() for one in self.bootstrap.split(",") if one.strip()]

    @property
    def context(self) -> ssl.SSLContext | None:
        """Return how TLS is spoken, or None where it is not."""
        chosen = self.settings
        if not chosen.tls:
            return None
        context = ssl.create_default_context(cafile=None if chosen.ca_file is None else str(chosen.ca_file))
        if chosen.cert_file is not None:
            context.load_cert_chain(chosen.cert_file, chosen.key_file)
        return context

    @property
    def options(self) -> Mapping[str, Any]:
        """Return the arguments of a client that say whom it speaks to and how."""
        chosen = self.settings
        found: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.protocol}
        if chosen.tls:
            found["ssl_context"] = self.context
        if chosen.user is not None:
            found |= {
                "sasl_mechanism": chosen.mechanism,
                "sasl_plain_username": chosen.user,
                "sasl_plain_password": chosen.secret() or "",
            }
        return found

    @property
    def doubt(self) -> str:
        """Return what else may be the reason where nobody answers: clients say nothing of a password that is refused."""
        return "; look at certificate, user and password too" if self.settings.tls or self.settings.user is not None else ""

    @property
    def protocol(self) -> str:
        """Return the name that Kafka has for it."""
        return ("SASL_" if self.settings.user is not None else "") + ("SSL" if self.settings.tls else "PLAINTEXT")


def connection_to(bootstrap: str) -> Connection:
    """Return the connection that command line and environment ask for; raise `Unusable` where it would be unsafe or cannot be."""
    settings = read_kafka_settings()
    if isinstance(settings, list):
        raise Unusable("\n".join(settings))
    made = Connection(bootstrap, settings)
    if not made.servers:
        raise Unusable("--bootstrap: no address; for example 127.0.0.1:9092")
    far = [server for server in made.servers if not is_loopback(server)]
    if far and not settings.tls and not settings.plaintext:
        raise Unusable(
            f"--bootstrap {far[0]}: beyond this machine, and without TLS everybody on the way can read and write; "
            "set CLEARLY_KAFKA_TLS=true, or CLEARLY_KAFKA_PLAINTEXT=true if the network is yours alone"
        )
    try:
        made.options  # noqa: B018 - certificates and secrets are read now, so that what is wrong with them is said at once
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"TLS or password: {error}") from error
    return made


def is_loopback(server: str) -> bool:
    """Return whether an address is this machine's own."""
    host = server.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Silent(Unusable):
    """Brokers do not answer, or refuse; they may do so later."""


@contextmanager
def answered(connection: Connection) -> Iterator[None]:
    """Raise `Silent` where a client's call inside is refused or not answered."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise Silent(f"--bootstrap {connection.bootstrap}: {in_words(error)}{connection.doubt}") from error


def administrator(connection: Connection) -> KafkaAdminClient:
    """Return a client for topics and groups; raise `Unusable` where no broker answers."""
    try:
        return KafkaAdminClient(**connection.options, client_id="clearly-setup", bootstrap_timeout_ms=PATIENCE)
    except (KafkaError, OSError) as error:
        raise Unusable(f"--bootstrap {connection.bootstrap}: no broker answers ({in_words(error)}){connection.doubt}") from error


def in_words(error: BaseException) -> str:
    """Return an error of a client in one line."""
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
