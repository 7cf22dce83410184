"""Write requirements/dev.lock, run.lock and deploy.lock: what a build installs, today and next year.

`make lock` chooses the newest versions that go together; `make lock ARGS="--keep"` changes only what pyproject.toml asks for.
uv is the tool that makes the locks and nothing else: whoever installs needs pip alone. No registry's address stands in a lock, so
that it can be installed from a mirror.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
HOW = ["--group", "build", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
#: What the container image of deploy/ holds beside the program itself.
DEPLOYED = ["--extra", "kafka", "--extra", "board", "--extra", "notify"]
SAYS = ["--custom-compile-command", "make lock", "--quiet"]


def main(arguments: list[str]) -> None:
    """Write the locks. All of it is solved at once and the others are cut out of it, so that they never disagree."""
    everything, running, deployed = (HOUSE / "requirements" / f"{name}.lock" for name in ("dev", "run", "deploy"))
    newest = [] if "--keep" in arguments else ["--upgrade"]
    with tempfile.TemporaryDirectory() as folder:
        uv = Path(folder) / "bin" / "uv"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([uv.with_name("python"), "-m", "pip", "install", "--quiet", "uv"], check=True)
        compiled = [str(uv), "pip", "compile", "pyproject.toml", *HOW, *SAYS]
        subprocess.run([*compiled, *newest, "--all-extras", "--output-file", str(everything)], check=True, cwd=HOUSE)
        parts = [*compiled, *newest, "--constraint", str(everything)]
        subprocess.run([*parts, "--output-file", str(running)], check=True, cwd=HOUSE)
        subprocess.run([*parts, *DEPLOYED, "--output-file", str(deployed)], check=True, cwd=HOUSE)


if __name__ == "__main__":
    main(sys.argv[1:])
