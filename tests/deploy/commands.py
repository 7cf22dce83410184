"""Every command line that a file of deploy/ runs, as the file says it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = (DEPLOY / "kubernetes" / "embedded.yaml", DEPLOY / "kubernetes" / "kafka" / "workers.yaml")


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with what they say, continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE))
    return [(word, rest.strip()) for word, rest in re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE)]


def last(word: str) -> str:
    """Return what the last such instruction of the Dockerfile says."""
    return [rest for name, rest in instructions() if name == word][-1]


def compose() -> dict[str, Any]:
    """Return the compose file."""
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return read


def manifests() -> list[dict[str, Any]]:
    """Return every Kubernetes object that is written by hand."""
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text("utf-8"))]


def containers() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every container with its workload."""
    return [
        (one, container)
        for one in manifests()
        if "template" in one.get("spec", {})
        for container in one["spec"]["template"]["spec"]["containers"]
    ]


def unit(path: Path) -> dict[str, list[str]]:
    """Return the settings of a systemd unit, each with all that is said of it."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", path.read_text("utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def commands() -> dict[str, list[str]]:
    """Return what `clearly` is told, by who tells it. Variables stand for what a machine fills in."""
    told = {"Dockerfile": json.loads(last("CMD"))}
    told |= {f"compose {name}": one["command"] for name, one in compose()["services"].items() if name != "broker"}
    told |= {f"kubernetes {one['metadata']['name']}": container["args"] for one, container in containers()}
    told |= {path.name: unit(path)["ExecStart"][0].split()[1:] for path in UNITS}
    values = {
        "$(BOOTSTRAP)": "broker:9092",
        "${BOOTSTRAP}": "broker:9092",
        "${METRICS}": "127.0.0.1:9100",
        "$(POD_NAME)": "pod-0",
        "%H": "host",
    }
    return {name: [filled(word, values).replace("%i", stage_or_number(name)) for word in words] for name, words in told.items()}


def filled(word: str, values: dict[str, str]) -> str:
    """Return a word with its variables filled in."""
    for variable, value in values.items():
        word = word.replace(variable, value)
    return word


def stage_or_number(name: str) -> str:
    """Return what stands for the instance of a systemd template."""
    return "intake" if name.startswith("clearly-kafka") else "1"
