"""The house rules that no ready-made tool keeps. CONTRIBUTING.md says what they are for."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
#: A module's name is a noun of the domain; these say nothing about what is inside.
EMPTY_NAMES = {
    "base",
    "common",
    "core",
    "data",
    "handler",
    "handlers",
    "helper",
    "helpers",
    "info",
    "manager",
    "misc",
    "service",
    "util",
    "utils",
}
#: A module may be longer than this where its docstring says why.
LONG = 300
SAYS_WHY = re.compile(r"\b(lines|long|longer|length)\b", re.IGNORECASE)
#: What the engine may stand on beside Python itself.
FOUNDATION = {"engine", "msgspec", "pydantic", "yaml"}
#: A home of somebody's on some machine. Folders of the file system's own standard, such as /var/lib, are fine.
MACHINE_PATH = re.compile(r"(?<![\w.:/~$}-])/(?:home|root|Users|work|builds|mnt|private)/[\w.~-]+")
#: Put together here so that this file does not name them either.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("crates", "io"))]


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files that are checked in or about to be."""
    git = shutil.which("git")
    if git is None or not (HOUSE / ".git").exists():
        pytest.skip("needs git to know which files are checked in")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=HOUSE, check=True, capture_output=True, text=True
    )
    return tuple(path for name in listed.stdout.split("\0") if name and (path := HOUSE / name).is_file())


@cache
def modules() -> tuple[Path, ...]:
    """Return the modules of the product, shortest path first."""
    return tuple(sorted(path for package in ("engine", "streams") for path in (HOUSE / package).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def named(path: Path) -> str:
    """Return a path as a person would write it."""
    return path.relative_to(HOUSE).as_posix()


def rooms() -> list[Path]:
    """Return the rooms of the engine."""
    return sorted(path for path in (HOUSE / "engine").iterdir() if path.is_dir() and path.name != "__pycache__")


def imports(path: Path) -> list[tuple[int, str]]:
    """Return line and dotted name of everything that a module imports, `from a import b` as `a`."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            found.append((node.lineno, node.module or ""))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
    return found


def test_a_module_is_short_or_its_docstring_says_why_it_is_long() -> None:
    long = {named(path): count for path in modules() if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONG}
    silent = {name: count for name, count in long.items() if not SAYS_WHY.search(ast.get_docstring(tree(HOUSE / name)) or "")}
    assert not silent, f"over {LONG} lines and no word about it in the docstring: {silent}"


def test_every_module_says_what_it_is() -> None:
    silent = [named(path) for path in modules() if tree(path).body and not ast.get_docstring(tree(path))]
    assert not silent, f"no docstring: {silent}"


def test_a_module_is_named_after_a_thing() -> None:
    empty = [named(path) for path in modules() if EMPTY_NAMES & set((path.parent if path.stem == "__init__" else path).stem.split("_"))]
    assert not empty, f"a name that says nothing about what is inside: {empty}"


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_says_at_its_door_what_others_may_use(room: Path) -> None:
    door = room / "__init__.py"
    assert door.is_file(), f"{named(room)} has no __init__.py"
    declared = [node for node in tree(door).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    assert declared, f"{named(door)} has no __all__"
    assert ast.literal_eval(declared[0].value), f"the __all__ of {named(door)} is empty"
    assert ast.get_docstring(tree(door)), f"{named(door)} does not say what the room is for"


@pytest.mark.parametrize(
    "room", [room for room in rooms() if "open_late(" in (room / "__init__.py").read_text(encoding="utf-8")], ids=lambda room: room.name
)
def test_a_door_that_opens_late_shows_what_it_says_it_shows(room: Path) -> None:
    door = tree(room / "__init__.py")
    told = {
        f"engine.{room.name}.{name.value!s}": names
        for node in ast.walk(door)
        if isinstance(node, ast.Dict)
        for name, names in zip(node.keys, node.values, strict=True)
        if isinstance(name, ast.Constant)
    }
    typed = {
        node.module: {one.name for one in node.names} for node in ast.walk(door) if isinstance(node, ast.ImportFrom) and node.module in told
    }
    assert {module: set(ast.literal_eval(names)) for module, names in told.items()} == typed
    assert set().union(*typed.values()) == set(importlib.import_module(f"engine.{room.name}").__all__)


def is_door(name: str) -> bool:
    """Return whether a dotted name is a room, or a room within a room, and so may be imported from anywhere."""
    return (HOUSE / name.replace(".", "/") / "__init__.py").is_file()


def test_nobody_reaches_past_the_door_of_a_room() -> None:
    inside = re.compile(r"^engine\.(\w+)\.\w")
    past = [
        f"{named(path)}:{line}: {name}"
        for path in modules()
        for line, name in imports(path)
        if (into := inside.match(name)) and HOUSE / "engine" / into[1] not in path.parents and not is_door(name)
    ]
    assert not past, f"import from the room, not from a module inside it: {past}"


def test_the_engine_stands_on_few_libraries() -> None:
    foreign = [
        f"{named(path)}:{line}: {name}"
        for path in modules()
        if path.is_relative_to(HOUSE / "engine")
        for line, name in imports(path)
        if (root := name.partition(".")[0]) not in FOUNDATION and root not in sys.stdlib_module_names
    ]
    assert not foreign, f"the engine imports {sorted(FOUNDATION)} and Python's own modules alone: {foreign}"


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # packed records
        found += [
            f"{named(path)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(lines, 1)
            if MACHINE_PATH.search(line) or any(host in line for host in REGISTRIES)
        ]
    assert not found, "\n".join(found)


def test_a_silenced_rule_is_named() -> None:
    bare = re.compile(r"#\s*(?:noqa(?!:\s*[A-Z])|type:\s*ignore(?!\[))")
    found = [
        f"{named(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert not found, f"silenced without naming the rule: {found}"


def locked(name: str) -> dict[str, str]:
    """Return what a lock pins: package to version."""
    text = (HOUSE / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.!+-]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["run", "deploy", "dev"])
def test_a_lock_pins_everything_and_names_no_address(name: str) -> None:
    text = (HOUSE / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    pins = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert pins
    assert not [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin], "a package without its hash"
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, flags=re.MULTILINE), "an option in a lock would override the installer's own"


def test_who_has_the_locked_tools_of_a_developer_has_the_locked_program() -> None:
    everything = locked("dev")
    for lock in ("run", "deploy"):
        part = locked(lock)
        assert part == {name: everything.get(name) for name in part}, "`make lock` writes all of them from one solution"


def test_the_locks_hold_what_the_project_asks_for() -> None:
    with (HOUSE / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    base = project["dependencies"]
    extra = [line for lines in project["optional-dependencies"].values() for line in lines]

    def missing(lines: list[str], lock: str) -> list[str]:
        names = [re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("_", "-") for line in lines]
        return [name for name in names if name not in locked(lock)]

    assert not missing(base, "run")
    assert not missing(
        [*base, *(line for name in ("kafka", "board", "notify") for line in project["optional-dependencies"][name])], "deploy"
    )
    assert not missing([*base, *extra], "dev")
