"""A real Apache Kafka on this machine, for development, demo and tests: one broker or three, in a folder of their own.

`up` leaves the brokers running after the command has ended; `down` finds them again by what stands in the folder. Nothing here is
for production: everything listens on the loopback address alone, without passwords.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec

from streams.clock import pause, steady
from streams.kafka.jars import jars, java
from streams.lock import Unusable

LOOPBACK = "127.0.0.1"
#: The controllers listen so far above their brokers.
ABOVE = 1000
#: Seconds that a broker may take to answer, and to end after it was told to.
PATIENCE = 60.0
#: Memory of each broker's Java, in MB: alone, and where three stand on one machine.
ALONE, AMONG = 768, 400
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor={copies}
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={least}
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={least}
default.replication.factor={copies}
min.insync.replicas={least}
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=500
log.cleaner.backoff.ms=1000
message.max.bytes=16000000
replica.fetch.max.bytes=16000000
"""


class Member(msgspec.Struct, frozen=True):
    """One broker: its number, where clients reach it, and where controllers do."""

    node: int
    port: int
    controller: int


class Cluster(msgspec.Struct, frozen=True):
    """What stands in `cluster.json` of the folder: how the brokers were set up, once and for all."""

    id: str
    members: list[Member]

    @property
    def bootstrap(self) -> str:
        """Return the addresses that clients begin with."""
        return ",".join(f"{LOOPBACK}:{member.port}" for member in self.members)


@dataclass(frozen=True, slots=True)
class Brokers:
    """The brokers of one folder."""

    folder: Path
    cluster: Cluster

    def start(self) -> None:
        """Start every broker that does not run, and wait until all of them answer."""
        for member in self.cluster.members:
            if self.running(member) is None:
                self.start_one(member)
        for member in self.cluster.members:
            self.wait_for(member)

    def start_one(self, member: Member) -> None:
        """Start one broker; it goes on when this process has ended."""
        home, memory = self.home(member), ALONE if len(self.cluster.members) == 1 else AMONG
        if answers(member.port):
            raise Unusable(f"port {member.port} of this machine is in use; give another --port with a new --dir")
        told = f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}"
        with (home / "broker.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the Java of this machine, our own arguments
                [java(), f"-Xmx{memory}m", told, "-cp", f"{jars()}/*", "kafka.Kafka", str(home / "server.properties")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (home / "pid").write_text(str(process.pid), encoding="ascii")
        process.returncode = 0  # it lives on: Python need not wait for it

    def wait_for(self, member: Member) -> None:
        """Wait until a broker takes connections; raise `Unusable` with its last words where it ends instead."""
        end = steady() + PATIENCE
        while not answers(member.port):
            if not is_alive(self.pid(member)) or steady() > end:
                words = (self.home(member) / "broker.log").read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
                raise Unusable("\n".join([f"broker {member.node} did not start; {self.home(member) / 'broker.log'} ends with:", *words]))
            pause(0.05)

    def stop(self) -> int:
        """Stop every broker that runs, and return how many did."""
        pids = [pid for member in self.cluster.members if (pid := self.running(member)) is not None]
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        end = steady() + PATIENCE / 2
        while any(map(is_alive, pids)):
            if steady() > end:
                for pid in filter(is_alive, pids):
                    os.kill(pid, signal.SIGKILL)
            pause(0.05)
        return len(pids)

    def kill(self) -> None:
        """End every broker that runs as a power cut would."""
        for pid in [pid for member in self.cluster.members if (pid := self.running(member)) is not None]:
            os.kill(pid, signal.SIGKILL)
            while is_alive(pid):
                pause(0.02)

    def running(self, member: Member) -> int | None:
        """Return the process of a broker, or None where it does not run. A number that another program has by now is not taken for it."""
        pid = self.pid(member)
        return pid if is_alive(pid) and str(self.home(member) / "server.properties") in command_of(pid) else None

    def pid(self, member: Member) -> int:
        """Return the process that was started last for a broker, 0 where none ever was."""
        try:
            return int((self.home(member) / "pid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def home(self, member: Member) -> Path:
        """Return the folder of one broker."""
        return self.folder / f"broker-{member.node}"


def set_up(folder: Path, brokers: int, port: int) -> Brokers:
    """Return the brokers of a folder, set up if they are not yet; raise `Unusable` where they cannot be, or were otherwise."""
    folder = folder.absolute()
    if (folder / "cluster.json").exists():
        known = found(folder)
        if len(known.cluster.members) != brokers:
            raise Unusable(f"{folder}: set up for {len(known.cluster.members)} brokers; give another --dir, or remove this one")
        return known
    members = [Member(node, port + node - 1, port + node - 1 + ABOVE) for node in range(1, brokers + 1)]
    digest = hashlib.sha256(str(folder).encode()).digest()[:16]
    cluster = Cluster(base64.urlsafe_b64encode(digest).decode().rstrip("=").replace("-", "A"), members)
    made = Brokers(folder, cluster)
    try:
        for member in members:
            lay_out(made, member)
    except Unusable:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / "cluster.json").write_bytes(msgspec.json.encode(cluster))
    return made


def found(folder: Path) -> Brokers:
    """Return the brokers that were set up in a folder; raise `Unusable` where none were."""
    folder = folder.absolute()
    try:
        return Brokers(folder, msgspec.json.decode((folder / "cluster.json").read_bytes(), type=Cluster))
    except FileNotFoundError:
        raise Unusable(f"{folder}: no broker was set up here; `clearly kafka up --dir {folder}` does") from None


def lay_out(brokers: Brokers, member: Member) -> None:
    """Write what one broker needs, and format its disk."""
    members, home = brokers.cluster.members, brokers.home(member)
    home.mkdir(parents=True, exist_ok=True)
    copies = len(members)
    text = PROPERTIES.format(
        node=member.node,
        voters=",".join(f"{one.node}@{LOOPBACK}:{one.controller}" for one in members),
        host=LOOPBACK,
        port=member.port,
        controller=member.controller,
        logs=home / "logs",
        copies=copies,
        least=max(1, copies - 1),
    )
    (home / "server.properties").write_text(text, encoding="utf-8")
    log4j = (resources.files("streams.kafka") / "log4j2.properties").read_text(encoding="utf-8")
    (home / "log4j2.properties").write_text(log4j, encoding="utf-8")
    command = [java(), "-cp", f"{jars()}/*", "kafka.tools.StorageTool", "format", "-t", brokers.cluster.id]
    done = subprocess.run([*command, "-c", str(home / "server.properties")], check=False, capture_output=True, text=True)  # noqa: S603 - as above
    if done.returncode:
        raise Unusable(f"{home}: its disk cannot be formatted: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")


def answers(port: int) -> bool:
    """Return whether something takes connections on a port of this machine."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def is_alive(pid: int) -> bool:
    """Return whether a process runs. One that has ended and waits to be noticed by its parent does not, whoever its parent is."""
    if not pid:
        return False
    try:
        return not os.waitpid(pid, os.WNOHANG)[0]
    except ChildProcessError:
        pass  # somebody else's child
    if "\nState:\tZ" in of_kernel(pid, "status"):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def command_of(pid: int) -> str:
    """Return the command line of a process, "" where there is none."""
    return of_kernel(pid, "cmdline").replace("\0", " ")


def of_kernel(pid: int, what: str) -> str:
    """Return what the kernel says of a process, "" where it says nothing."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes().decode(errors="replace")
    except OSError:
        return ""
