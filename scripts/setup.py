"""Make .venv ready: `scripts/setup.py run` for the demo, `scripts/setup.py dev` for tests and checks too.

Started by the Makefile with a Python that is new enough; needs nothing beside it. Installs exactly what the lock names, hashes
checked, then the project itself as it stands here. Done once for each state of the locks; after that it looks and returns.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
VENV = HOUSE / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off"]
#: What pip says of each package exactly once.
NAMED = re.compile(r"^(?:Collecting|Ignoring|Requirement already satisfied:) ")


def main(wanted: str) -> None:
    """Install what `wanted` (run or dev) lacks, or return at once. Ends the program, saying why, where pip cannot."""
    if not works(PYTHON):
        print("making .venv", flush=True)
        tell([sys.executable, "-m", "venv", str(VENV)])
    lock = HOUSE / "requirements" / f"{wanted}.lock"
    if not is_kept(wanted, lock.read_text()):
        install(lock)
        # Who has all of dev has all of run: tests/test_house.py holds the two locks to it.
        for name in ("run", "dev") if wanted == "dev" else ("run",):
            keep(name, (HOUSE / "requirements" / f"{name}.lock").read_text())
    if not is_kept("project", project()):
        tell([*PIP, "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(HOUSE)])
        keep("project", project())


def install(lock: Path) -> None:
    """Install what `lock` names, showing how far it is."""
    began, total = monotonic(), len(re.findall(r"^\S+==", lock.read_text(), flags=re.MULTILINE))
    show = sys.stdout.isatty()
    print(f"installing {total} packages into .venv, this once", end="" if show else "\n", flush=True)
    heard = 0
    for line in hear([*PIP, "--require-hashes", "--requirement", str(lock)]):
        heard += bool(NAMED.match(line))
        if show:
            print(f"\rinstalling packages into .venv, this once: {heard} of {total} ", end="", flush=True)
    print(f"{chr(13) if show else ''}.venv is ready after {monotonic() - began:.0f} seconds{' ' * 30 if show else ''}", flush=True)


def works(python: Path) -> bool:
    """Return whether `python` is there and starts: a .venv outlives the Python that it was made with."""
    return python.exists() and subprocess.run([str(python), "-c", "import pip"], check=False, capture_output=True).returncode == 0


def hear(command: list[str]) -> Iterator[str]:
    """Yield each line that `command` says; end the program with all of it where it fails."""
    said = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HOUSE) as running:
        for line in running.stdout or ():
            said.append(line)
            yield line
    if running.returncode:
        sys.exit(f"\n{''.join(said)}\nthis did not work: {' '.join(command)}")


def tell(command: list[str]) -> None:
    """Run `command` in silence; end the program with what it said where it fails."""
    for _ in hear(command):
        pass


def project() -> str:
    """Return the part of pyproject.toml that an installation depends on; the settings of tools do not count."""
    with (HOUSE / "pyproject.toml").open("rb") as file:
        everything = tomllib.load(file)
    return repr([everything["build-system"], everything["project"], everything["tool"]["hatch"]])


def stamp(text: str) -> str:
    """Return what stands for `text` as installed here: another place or another Python is another installation."""
    return hashlib.sha256(f"{HOUSE}\n{sys.version}\n{text}".encode()).hexdigest()


def is_kept(name: str, text: str) -> bool:
    """Return whether `text` is what was installed last under `name`."""
    kept = VENV / f".{name}.stamp"
    return kept.exists() and kept.read_text() == stamp(text)


def keep(name: str, text: str) -> None:
    """Remember that `text` is installed."""
    (VENV / f".{name}.stamp").write_text(stamp(text))


if __name__ == "__main__":
    main(sys.argv[1])
