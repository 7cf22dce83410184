"""A broker that asks for TLS and passwords and lets each stage do what its rights say: certificates, users and rights made for the test."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaProducer
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import TopicAuthorizationFailedError

from streams import clock
from streams.cli.program import answer
from streams.kafka.acl import rights
from streams.kafka.broker import LOOPBACK, set_up
from streams.kafka.connection import Connection, administrator, connection_to
from streams.kafka.settings import KafkaSettings
from streams.store import open_reader
from tests.kafka.conftest import free_port
from tests.kafka.installation import STOPPED, Installation
from tests.streams.county import folded, hours_now, published, started, write_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streams.kafka.broker import Brokers

PASSWORD = "open sesame"  # noqa: S105 - of this test
#: Beside the listener that only the test itself uses: one with TLS and passwords, and rights that are looked at.
PROPERTIES = """\
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller},SECURED://{host}:{secured}
advertised.listeners=PLAINTEXT://{host}:{port},SECURED://{host}:{secured}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL
listener.name.secured.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secured.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


def certificates(folder: Path) -> Path:
    """Make an authority and the broker's certificate by it; return the authority's."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs openssl to make certificates")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-x509", "-days", "2"]
    authority, key = folder / "ca.pem", folder / "ca.key"
    openssl: list[str | Path] = [program, "req", *curve]
    own: list[str | Path] = ["-subj", "/CN=authority", "-keyout", key, "-out", authority]
    subprocess.run([*openssl, *own], check=True, capture_output=True)
    named: list[str | Path] = ["-subj", "/CN=broker", "-keyout", folder / "broker.key", "-out", folder / "broker.crt"]
    more = ["-addext", f"subjectAltName=IP:{LOOPBACK}", "-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run([*openssl, *named, "-CA", authority, "-CAkey", key, *more], check=True, capture_output=True)
    (folder / "broker.pem").write_text((folder / "broker.key").read_text() + (folder / "broker.crt").read_text())
    return authority


class Secured:
    """A broker with two doors: a plain one for the test, and one with TLS, passwords and rights."""

    def __init__(self, folder: Path, brokers: Brokers, authority: Path) -> None:
        self.brokers, self.authority = brokers, authority
        self.password = folder / "password"
        self.password.write_text(PASSWORD + "\n")
        (member,) = brokers.cluster.members
        self.bootstrap = f"{LOOPBACK}:{member.port + 2}"
        more = PROPERTIES.format(host=LOOPBACK, port=member.port, controller=member.controller, secured=member.port + 2, folder=folder)
        replaced = {line.partition("=")[0] for line in more.splitlines()}
        path = brokers.home(member) / "server.properties"
        kept = [line for line in path.read_text().splitlines() if line.partition("=")[0] not in replaced]
        path.write_text("\n".join(kept) + "\n" + more)

    def grant(self) -> None:
        """Make a user of each stage with the rights that `setup --rights` prints."""
        plain = connection_to(self.brokers.cluster.bootstrap)
        wanted = list(rights(plain.names, [plain.names.feed]))
        with closing(administrator(plain)) as admin:
            users = {f"{plain.names.prefix}-{right.stage}" for right in wanted}
            mechanism = ScramMechanism.SCRAM_SHA_512
            admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, mechanism, PASSWORD) for user in sorted(users)])
            acls = [
                ACL(f"User:{plain.names.prefix}-{stage}", "*", ACLOperation[one.upper()], ACLPermissionType.ALLOW, resource(kind, name))
                for stage, operations, kind, name in wanted
                for one in operations.split(",")
            ]
            assert not admin.create_acls(acls)["failed"]

    def surroundings(self, stage: str) -> dict[str, str]:
        """Return the settings of a stage."""
        settings = {"TLS": "true", "CA_FILE": self.authority, "USER": f"clearly-{stage}", "PASSWORD_FILE": self.password}
        return {f"CLEARLY_KAFKA_{name}": str(value) for name, value in settings.items()}

    def connection(self, stage: str, **more: object) -> Connection:
        """Return the way of a stage to the broker."""
        settings = {"tls": True, "ca_file": self.authority, "user": f"clearly-{stage}", "password_file": self.password} | more
        return Connection(self.bootstrap, KafkaSettings.model_validate(settings))


def resource(kind: str, name: str) -> ResourcePattern:
    """Return a thing as the broker knows it."""
    pattern = ACLResourcePatternType.PREFIXED if name.endswith("*") else ACLResourcePatternType.LITERAL
    return ResourcePattern(ResourceType[kind.upper().replace("-", "_")], name.removesuffix("*"), pattern)


@pytest.fixture
def secured(tmp_path: Path, kafka_jars: Path) -> Iterator[Secured]:
    """Return a broker of this test's own that asks who one is."""
    assert kafka_jars.is_dir()
    brokers = set_up(tmp_path / "brokers", 1, free_port())
    here = Secured(tmp_path, brokers, certificates(tmp_path))
    try:
        brokers.start()
        yield here
    finally:
        brokers.stop()


def test_every_stage_does_its_work_with_tls_a_password_and_its_own_rights_alone(secured: Secured, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")
    with Installation(connection_to(secured.brokers.cluster.bootstrap), tmp_path, partitions=2) as kafka:
        secured.grant()
        door = ("--bootstrap", secured.bootstrap)
        assert clearly(kafka, secured, "publisher", "kafka", "publish", str(rules), *door).returncode == 0
        kafka.start("intake", "intake", *door, surroundings=secured.surroundings("intake"))
        kafka.start("watching", "watching", *door, surroundings=secured.surroundings("watching"))
        database = tmp_path / "ledger.db"
        kafka.start("ledger", "ledger", *door, "--db", str(database), surroundings=secured.surroundings("ledger"))
        now = hours_now()
        send(secured, kafka.names.feed, [json.dumps(started(f"o{number}", now - 20, f"T-{number}")).encode() for number in range(4)])
        kafka.settle(clock.now())
        tasks = folded(kafka.lines())
        assert sorted(evidence for _, _, held in tasks.values() for evidence in held) == ["o0", "o1", "o2", "o3"]
        kafka.until(lambda: len(held_by(database)) == len(kafka.lines()), "waiting for the ledger")
        with pytest.raises(TopicAuthorizationFailedError):
            send(secured, kafka.names.changes, [b"a task that nobody found"])
        wrong = tmp_path / "wrong"
        wrong.write_text("let me in")
        done = clearly(kafka, secured, "publisher", "kafka", "publish", str(rules), *door, CLEARLY_KAFKA_PASSWORD_FILE=str(wrong))
        assert (done.returncode, "look at certificate, user and password" in done.stderr) == (2, True), done.stderr
        in_the_open = {"CLEARLY_KAFKA_TLS": "false"}
        done = clearly(kafka, secured, "publisher", "kafka", "setup", *door, **in_the_open)
        assert (done.returncode, "no broker answers" in done.stderr) == (2, True), done.stderr
        assert {worker.stop() for worker in kafka.workers} <= STOPPED


def send(secured: Secured, topic: str, values: list[bytes]) -> None:
    """Write to a topic as one of those who send events."""
    with closing(KafkaProducer(**secured.connection("senders").options, acks="all")) as producer:
        for future in [producer.send(topic, value) for value in values]:
            future.get(timeout=60)


def held_by(database: Path) -> list[bytes]:
    """Return the lines that the ledger has."""
    reader = open_reader(database)
    try:
        return published(reader)
    finally:
        reader.close()


def clearly(kafka: Installation, secured: Secured, stage: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Return what comes of a command."""
    environment = {**kafka.environment, **secured.surroundings(stage), **more}
    return subprocess.run([*kafka.program, *words], capture_output=True, text=True, env=environment, check=False)


def test_brokers_elsewhere_are_refused_without_tls_by_every_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = str(write_rules(tmp_path / "rules"))
    for words in (["publish", rules], ["run", "intake"], ["run", "watching"], ["run", "ledger"], ["status"], ["lag"], ["dlq", "list"]):
        assert answer(["kafka", *words, "--bootstrap", "kafka.example:9092"]) == 2
        assert "without TLS everybody on the way can read and write" in capsys.readouterr().err
