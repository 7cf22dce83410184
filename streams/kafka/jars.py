"""Apache Kafka itself, as jars: a folder that the operator names, or resolved by Maven once and checked file by file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

from streams.lock import Unusable

#: The environment variable that names an unpacked Apache Kafka (the folder that holds `libs/`).
HOME = "CLEARLY_KAFKA_HOME"
#: The oldest Java that this Kafka's broker runs on.
JAVA = 17


def java() -> str:
    """Return the path of a Java that is new enough; raise `Unusable` where there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if found is None:
        raise Unusable(f"needs Java {JAVA} or newer, and found none (Debian, Ubuntu: apt install openjdk-17-jre-headless)")
    told = subprocess.run([found, "-version"], check=False, capture_output=True, text=True).stderr  # noqa: S603 - the Java of this machine
    version = told.partition('"')[2].partition(".")[0].partition('"')[0]
    if not version.isdigit() or int(version) < JAVA:
        raise Unusable(f"{found}: needs Java {JAVA} or newer, this is {version or 'none that says its version'}")
    return found


def jars() -> Path:
    """Return a folder with every jar of the broker; raise `Unusable` where they cannot be had."""
    home = os.environ.get(HOME)
    if home:
        libs = Path(home) / "libs"
        if not any(libs.glob("kafka_*.jar")):
            raise Unusable(f"{HOME}: {libs} holds no kafka_*.jar; name the folder of an unpacked Apache Kafka")
        return libs
    folder = cache()
    if not is_whole(folder):
        resolve(folder)
        if wrong := differing(folder):
            raise Unusable(f"{folder}: not what was pinned: {', '.join(wrong[:3])}; remove the folder and try again")
        (folder / "checked").touch()
    return folder


def cache() -> Path:
    """Return where the jars are kept between runs: one folder for each state of the pins."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "clearly" / f"kafka-{hashlib.sha256(pins().encode()).hexdigest()[:12]}"


def pins() -> str:
    """Return the pinned checksums, a line each."""
    return (resources.files("streams.kafka") / "jars.sha256").read_text(encoding="utf-8")


def pinned() -> dict[str, str]:
    """Return the pinned checksum of each jar."""
    return {name: digest for digest, name in (line.split() for line in pins().splitlines())}


def is_whole(folder: Path) -> bool:
    """Return whether the jars were checked once and are all still there."""
    return (folder / "checked").exists() and all((folder / name).is_file() for name in pinned())


def differing(folder: Path) -> list[str]:
    """Return the jars that are missing, not asked for, or not what was pinned."""
    wanted = pinned()
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jar")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def resolve(folder: Path) -> None:
    """Have Maven bring the jars that pom.xml names, from wherever this machine's Maven gets them."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unusable(
            f"needs Apache Kafka: install Maven (Debian, Ubuntu: apt install maven), or unpack Kafka and name its folder in {HOME}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    pom = folder / "pom.xml"
    pom.write_text((resources.files("streams.kafka") / "pom.xml").read_text(encoding="utf-8"), encoding="utf-8")
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - Maven, on our own pom
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise Unusable(f"Maven could not bring Apache Kafka: {said[0] if said else 'it does not say why'}")
