"""A folder of rule files to a rulebook: catalogue, calendars, tables and every rule, or every problem in all of them at once."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from engine.calendar import Calendar, read_calendar
from engine.events import Catalogue, read_catalogue
from engine.language.basis import Basis
from engine.language.codes import CODES
from engine.language.findings import check_circles, finding_types, key_of
from engine.language.profile import Numbers, lay_profile, profiles_in
from engine.language.reads import reads_of
from engine.language.rulebook import Rule, Rulebook
from engine.language.rulefile import read_rule
from engine.language.tablefile import read_tables
from engine.language.testfile import RuleTest, read_tests
from engine.language.together import check_together
from engine.places import FILES, read_places, roles_in
from engine.source import Document, Place, Problem, read, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date

#: Folders and files that hold something else than rules.
KEPT = frozenset({"calendars", "feeds", "profiles", "stories", "tables"})
NAMES = FILES | {"catalogue.yaml", "casework.yaml"}


class Folder:
    """What a rules folder holds once it was read: the rulebook, the rule tests, and every problem.

    `documents` are its files as they were written, and `basis` what its rules may name; None where there is no catalogue.
    """

    def __init__(self, rulebook: Rulebook | None, tests: tuple[RuleTest, ...], problems: list[Problem]) -> None:
        self.rulebook = rulebook
        self.tests = tests
        self.problems = problems
        self.documents: Mapping[str, Document] = {}
        self.basis: Basis | None = None
        #: what a profile laid over the rules
        self.numbers = Numbers()


def read_rules(files: Mapping[str, str], as_of: date | None = None) -> Folder:
    """Return what a rules folder says. `files` maps paths inside the folder to text; the rulebook is None where an error is.

    `as_of` is the day on which it is looked at: with it, review dates that have passed and calendars that end are told. A profile that was
    chosen, by `files` or by the catalogue, is laid over the rules first.
    """
    documents, problems = documents_of(files)
    named = {key_of(document.data)[0]: path for path, document in documents.items() if is_rule(path)}
    numbers = lay_profile(documents, files, named, problems)
    catalogue = catalogue_of(documents, problems)
    calendars = calendars_of(documents, problems)
    if catalogue is None:
        return Folder(None, (), sorted_problems(documents, problems))
    tables, more = read_tables(documents, files, catalogue.zone)
    problems += more
    found = [document for path, document in documents.items() if is_rule(path)]
    types = {**catalogue.types, **finding_types(found, catalogue)}
    default = default_calendar(documents["catalogue.yaml"], calendars, problems)
    places, more = read_places(files, documents, catalogue)
    problems += more
    basis = Basis(types, calendars, catalogue.zone, tables, roles_in(documents), default)
    held = rules_of(found, basis, as_of, problems)
    check_circles(found, problems)
    written = {key_of(document.data)[0] for document in found}
    tests = tests_of(documents, written, basis, numbers, problems)
    problems += check_together(held, written, tests)
    version = blake2b(repr(sorted(files.items())).encode(), digest_size=6).hexdigest()
    rules = {name: rule for name, (rule, _) in held.items()}
    failed = any(problem.level == "error" for problem in problems)
    catalogue = Catalogue(types, catalogue.zone)
    book = None if failed else Rulebook(version, rules, catalogue, calendars, catalogue.zone, places, default_calendar=default)
    folder = Folder(book, tuple(tests), sorted_problems(documents, problems))
    folder.documents, folder.basis, folder.numbers = documents, basis, numbers
    return folder


def is_rule(path: str) -> bool:
    """Return whether a file of the folder is a rule."""
    return path.endswith(".yaml") and not path.endswith(".test.yaml") and path.split("/", maxsplit=1)[0] not in KEPT and path not in NAMES


def documents_of(files: Mapping[str, str]) -> tuple[dict[str, Document], list[Problem]]:
    """Return each YAML file that can be read, and the problems of those that cannot."""
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for path, text in sorted(files.items()):
        if path.startswith(("feeds/", "stories/")):
            continue
        if path.endswith(".yml"):
            told = f"files end in .yaml here; call it {path.removesuffix('.yml')}.yaml"
            problems.append(Problem(Place(path, 1, 1), "file-name", told))
        elif path.endswith(".yaml"):
            document, more = read(text, path)
            problems += more
            if document is not None:
                documents[path] = document
    return documents, problems


def catalogue_of(documents: Mapping[str, Document], problems: list[Problem]) -> Catalogue | None:
    """Return the event catalogue of a folder."""
    if "catalogue.yaml" not in documents:
        if not any(problem.place.file == "catalogue.yaml" for problem in problems):
            problems.append(Problem(Place("catalogue.yaml", 1, 1), "missing", "the event catalogue, catalogue.yaml, is missing"))
        return None
    catalogue, more = read_catalogue(documents["catalogue.yaml"])
    problems += more
    return catalogue


def calendars_of(documents: Mapping[str, Document], problems: list[Problem]) -> dict[str, Calendar]:
    """Return the calendars of a folder by name, and note two of one name."""
    found: dict[str, Calendar] = {}
    for path, document in documents.items():
        if not path.startswith("calendars/"):
            continue
        calendar, more = read_calendar(document)
        problems += more
        if calendar is not None and calendar.name in found:
            problems.append(Problem(document.place(("calendar",)), "calendar", f"there is a calendar '{calendar.name}' already"))
        elif calendar is not None:
            found[calendar.name] = calendar
    return found


def default_calendar(document: Document, calendars: Mapping[str, Calendar], problems: list[Problem]) -> str | None:
    """Return the calendar that the catalogue names for rules that name none."""
    name = document.data.get("default_calendar")
    if name is None or (isinstance(name, str) and name in calendars):
        return name
    told = f"there is no calendar '{name}'{suggest(str(name), calendars)}"
    problems.append(Problem(document.place(("default_calendar",)), "unknown-calendar", told))
    return None


def rules_of(documents: Iterable[Document], basis: Basis, as_of: date | None, problems: list[Problem]) -> dict[str, tuple[Rule, Document]]:
    """Return the rules with their files by name, and note two of one name."""
    held: dict[str, tuple[Rule, Document]] = {}
    for document in documents:
        rule, more = read_rule(document, basis, as_of)
        problems += more
        if rule is None:
            continue
        if rule.name in held:
            first = held[rule.name][0].place
            problems.append(Problem(rule.place, "two-rules", f"there is a rule '{rule.name}' already, in {first.file}:{first.line}"))
            continue
        held[rule.name] = (rule, document)
    return held


def tests_of(
    documents: Mapping[str, Document], written: AbstractSet[str], basis: Basis, numbers: Numbers, problems: list[Problem]
) -> list[RuleTest]:
    """Return the stories of a folder that hold under the numbers that were chosen."""
    tests: list[RuleTest] = []
    known = profiles_in(documents)
    for path, document in documents.items():
        if path.endswith(".test.yaml"):
            test, more = read_tests(document, written - {""}, basis, known)
            tests += test
            problems += more
    return [test.in_calendar(numbers.calendar) for test in tests if told_under(test, numbers)]


def told_under(test: RuleTest, numbers: Numbers) -> bool:
    """Return whether a story holds: one for profiles under these, any other wherever no profile changes its rule."""
    return numbers.name in test.profiles if test.profiles else test.rule not in numbers.changed


def sorted_problems(documents: Mapping[str, Document], problems: list[Problem]) -> list[Problem]:
    """Return the problems in the order of files and lines, without the warnings that the file accepts with `# lint-ok`."""
    kept = []
    for problem in {*problems, *unknown_codes(documents)}:
        document = documents.get(problem.place.file)
        accepted = document.accepted.get(problem.place.line, frozenset()) if document is not None else frozenset()
        if problem.level == "error" or problem.code not in accepted:
            kept.append(problem)
    return sorted(kept)


def unknown_codes(documents: Mapping[str, Document]) -> list[Problem]:
    """Return the comments that accept something which is never said."""
    return [
        Problem(Place(path, line, 1), "lint-ok", f"there is no lint code '{code}'{suggest(code, CODES)}", "warning")
        for path, document in documents.items()
        for line, codes in document.accepted.items()
        for code in sorted(codes)
        if code not in CODES
    ]


__all__ = ["Folder", "read_rules", "reads_of"]
