"""Write a rules folder as a ConfigMap: `python deploy/kubernetes/rules.py my-rules`, then `kubectl apply -k deploy/kubernetes`.

A key of a ConfigMap cannot hold a slash, so `outage/repeated.yaml` becomes the key `outage--repeated.yaml`, and the volume says which
key is which file. The process takes up changed rules by itself, a minute or so after the ConfigMap was applied; a new or removed file
changes the StatefulSet as well, and with it the pod is started anew. Rule tests stay here: run them before.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
NAME = "clearly-rules"
#: What a ConfigMap holds at most, less a little for what stands around it.
MOST = 1_000_000


def main(arguments: list[str]) -> None:
    """Write rules.yaml and rules-volume.yaml into this folder, or into the one that is named second."""
    if not 1 <= len(arguments) <= 2:
        sys.exit("usage: rules.py RULES [FOLDER]")
    root, out = Path(arguments[0]), Path(arguments[1]) if arguments[1:] else HERE
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8-sig") for path in sorted(root.rglob("*")) if belongs(path, root)
    }
    size = sum(len(text.encode()) for text in files.values())
    if not files or size > MOST:
        what = "has no rule files" if not files else f"holds {size:,} bytes, and a ConfigMap takes {MOST:,}"
        sys.exit(f"{root}: {what}; put the rules into an image of your own instead (deploy/README.md)")
    (out / "rules.yaml").write_text(written(config_map(files)), encoding="utf-8")
    (out / "rules-volume.yaml").write_text(written(volume(files)), encoding="utf-8")
    print(f"{len(files)} files, {size:,} bytes")


def belongs(path: Path, root: Path) -> bool:
    """Return whether a file is one that decides something: no test, nothing hidden."""
    is_hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not is_hidden and path.suffix in {".yaml", ".yml", ".csv"} and not path.name.endswith(".test.yaml")


def key_of(name: str) -> str:
    """Return the key for a file."""
    return name.replace("/", "--")


def config_map(files: dict[str, str]) -> dict[str, object]:
    """Return the ConfigMap."""
    data = {key_of(name): text for name, text in files.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "data": data}


def volume(files: dict[str, str]) -> dict[str, object]:
    """Return the patch that tells the StatefulSet which key is which file."""
    items = [{"key": key_of(name), "path": name} for name in files]
    spec = {"template": {"spec": {"volumes": [{"name": "rules", "configMap": {"name": NAME, "items": items}}]}}}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "clearly"}, "spec": spec}


def written(value: object) -> str:
    """Return a value as YAML."""
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1_000)


if __name__ == "__main__":
    main(sys.argv[1:])
