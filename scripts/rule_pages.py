"""Write docs/rules/ anew from rules/: a page and a picture for each rule, and the tables of docs/rules/README.md.

What stands above the mark of README.md is written by hand and kept. tests/test_rule_pages.py says when the pages are old.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.language import profiles_in, read_rules
from engine.watching import LANGUAGES, in_words
from scripts.timeline import picture
from streams.folder import Folder as Files
from streams.folder import read_folder

if TYPE_CHECKING:
    from engine.language import Folder, Rule, Rulebook, RuleTest

HOUSE = Path(__file__).resolve().parent.parent
PAGES = HOUSE / "docs" / "rules"
MARK = "<!-- The tables below are made by scripts/rule_pages.py from rules/. -->\n"
FOLDERS = {
    "outage": "停电 / outages",
    "complaint": "投诉 / complaints",
    "connection": "业扩 / connections",
    "promise": "内部承诺与联动 / promises between departments",
    "inspection": "明查暗访 / inspections",
}
#: The twelve cells of the article that began all this: cause, effect, and the rules that watch it.
COMMISSIONING, MODES = "基建项目投产 / project commissioning", "检修运行方式调整 / maintenance and mode changes"
MAJOR, REPEATED = "重大故障 / major faults", "重复性故障 / repeated faults"
LONG, OFTEN, SUDDEN = "长时间 / long", "重复 / repeated", "突然 / sudden"
CELLS: dict[tuple[str, str], tuple[str, ...]] = {
    (COMMISSIONING, LONG): ("long-outage", "day-long-outage", "planned-overrun", "planned-overrun-long"),
    (COMMISSIONING, OFTEN): ("frequent-planned-outages", "frequent-outages", "planned-outages-ahead"),
    (COMMISSIONING, SUDDEN): ("unannounced-planned-outage", "sudden-outage", "plan-not-announced"),
    (MODES, LONG): ("long-outage", "planned-overrun", "planned-overrun-long"),
    (MODES, OFTEN): ("frequent-planned-outages", "frequent-outages", "frequent-outages-year"),
    (MODES, SUDDEN): ("unannounced-planned-outage", "unannounced-temporary-outage", "sudden-outage"),
    (MAJOR, LONG): ("long-outage", "day-long-outage", "mass-outage"),
    (MAJOR, OFTEN): ("frequent-outages", "frequent-outages-year", "repeated-outage"),
    (MAJOR, SUDDEN): ("sudden-outage", "key-customer-not-informed"),
    (REPEATED, LONG): ("long-outage", "hours-without-supply", "many-hours-without-supply"),
    (REPEATED, OFTEN): ("repeated-outage", "frequent-outages", "feeder-frequent"),
    (REPEATED, SUDDEN): ("sudden-outage", "key-customer-not-informed-again"),
}
#: The six steps of a connection that the article names, as the catalogue's processes call them.
NODES = ("受理", "收费", "供电方案答复", "委托施工", "竣工检验", "装表接电")


@cache
def shipped(profile: str | None = None) -> Folder:
    """Return our rules, read under a profile."""
    files = read_folder(HOUSE / "rules", profile)
    if not isinstance(files, Files):
        sys.exit("\n".join(files))
    folder = read_rules(files.files)
    if folder.rulebook is None:
        sys.exit("\n".join(map(str, folder.problems)))
    return folder


@cache
def profiles() -> tuple[str, ...]:
    """Return the names of our profiles."""
    return tuple(profiles_in(shipped().documents))


def book(profile: str | None = None) -> Rulebook:
    """Return our rulebook under a profile."""
    found = shipped(profile).rulebook
    assert found is not None, "shipped() has seen to it"
    return found


def pages() -> dict[str, str]:
    """Return every file that is made, by its name in docs/rules/."""
    made = {"README.md": readme((PAGES / "README.md").read_text(encoding="utf-8"))}
    for rule in book().rules.values():
        made[f"{rule.name}.md"] = page(rule)
        made[f"{rule.name}.svg"] = picture(f"{rule.title['zh']} / {rule.title['en']}", told(rule), book().zone)
    return made


# One rule ---------------------------------------------------------------------------------------------------------------


def page(rule: Rule) -> str:
    """Return the page of one rule."""
    words = in_words(rule, book().catalogue.types, book().zone)
    ask = rule.ask
    file, beside = f"../../rules/{rule.place.file}", f"../../rules/{rule.place.file.removesuffix('.yaml')}.test.yaml"
    lines = [
        f"# {rule.title['zh']} / {rule.title['en']}",
        f"`{rule.name}` · {rule.status} · {rule.owner} · [rule file]({file}) · [stories]({beside})",
        *(words[language] for language in LANGUAGES),
        f"**依据 / reason.** {rule.reason}",
        *([f"**备注 / notes.** {notes}"] if (notes := written(rule).get("notes")) else []),
        "## 任务 / what the task asks",
        f"| 等级 / severity | 责任 / asked | 期限 / due |\n| --- | --- | --- |\n| {ask.severity} | {ask.to} | {ask.due} |",
        f"> {ask.say}",
        "## 两个用例 / two of its stories",
        f"![{rule.name}]({rule.name}.svg)",
        *stories(rule),
        "## 口径 / numbers by profile",
        numbers(rule),
    ]
    return "\n\n".join(lines) + "\n"


def written(rule: Rule) -> dict[str, str]:
    """Return a rule file as it is written."""
    found: dict[str, str] = shipped().documents[rule.place.file].data
    return found


def told(rule: Rule) -> list[RuleTest]:
    """Return the shortest story that opens a task, and the shortest that does not."""
    mine = [test for test in shipped().tests if test.rule == rule.name]
    fires = [test for test in mine if any(one.kind == "opened" for one in test.expect)]
    quiet = [test for test in mine if not test.expect]
    return [min(some, key=lambda test: (len(test.events) > 1 and len(test.events), mine.index(test))) for some in (fires, quiet) if some]


def stories(rule: Rule) -> list[str]:
    """Return what the stories of a rule are called: those that open a task, those that stay quiet."""
    mine = [test for test in shipped().tests if test.rule == rule.name]
    fires = "\n".join(f"- {test.name}" for test in mine if test.expect)
    quiet = "\n".join(f"- {test.name}" for test in mine if not test.expect)
    return [f"{len(mine)} 个用例 / stories. 有任务 / with a task:", fires, "没有任务 / without:", quiet]


def numbers(rule: Rule) -> str:
    """Return how the rule reads under each profile."""
    lines = ["| 口径 / profile | 状态 / status | 规则 / rule | 依据 / reason |", "| --- | --- | --- | --- |"]
    for name in profiles():
        other, touched = book(name).rules[rule.name], rule.name in shipped(name).numbers.changed
        same = not touched or other.version == rule.version
        words = {} if same or other.status == "retired" else in_words(other, book(name).catalogue.types, book(name).zone)
        sentence = "<br>".join(words.values()) if words else "—" if other.status == "retired" else "同 / as above"
        reason = "" if other.reason == rule.reason else other.reason
        lines.append(" | ".join(["", name, other.status, sentence.replace("|", "\\|"), reason.replace("|", "\\|"), ""]).strip())
    return "\n".join(lines)


# Which rule is for me ---------------------------------------------------------------------------------------------------


def readme(text: str) -> str:
    """Return the overview with new tables."""
    parts = [cells(), nodes(), *(watched(folder, title) for folder, title in FOLDERS.items())]
    return text[: text.index(MARK)] + MARK + "\n" + "\n\n".join(parts) + "\n"


def link(name: str) -> str:
    """Return a link to a rule's page, called by its Chinese title."""
    return f"[{book().rules[name].title['zh']}]({name}.md)"


def cells() -> str:
    """Return the twelve cells as a table."""
    effects = list(dict.fromkeys(effect for _, effect in CELLS))
    lines = ["## 十二格 / the twelve cells", "", "| 原因 / cause | " + " | ".join(effects) + " |", "| --- " * (len(effects) + 1) + "|"]
    rows = [
        f"| {cause} | " + " | ".join("<br>".join(map(link, CELLS[cause, effect])) for effect in effects) + " |"
        for cause in dict.fromkeys(cause for cause, _ in CELLS)
    ]
    return "\n".join([*lines, *rows])


def nodes() -> str:
    """Return the six steps of a connection, each with its limit and the rules that watch it."""
    found = shipped().documents[book().rules["overdue-node"].place.file].data["when"]["not_followed_by"]["within"]
    watching = " · ".join(map(link, ("node-due-soon", "overdue-node", "step-completed-before-entered", "step-entered-again")))
    lines = ["## 业扩六个环节 / the six steps of a connection", "", "| 环节 / step | 时限 / limit |", "| --- | --- |"]
    for node in NODES:
        limit = found.get(node, found["otherwise"])
        by_class = [f"{name}: {length}" for name, length in limit.items() if name != "by"] if isinstance(limit, dict) else [limit]
        lines.append(f"| {node} | {'<br>'.join(by_class)} |")
    return "\n".join([*lines, "", f"每个环节 / each of them: {watching}. 全程 / end to end: {link('connection-overdue')}."])


def watched(folder: str, title: str) -> str:
    """Return the rules of one folder as a table."""
    lines = [f"## {title}", "", "| 规则 / rule | | 等级 / severity | 状态 / status |", "| --- | --- | --- | --- |"]
    rows = [
        f"| [{rule.title['zh']}]({rule.name}.md) | {rule.title['en']} | {rule.ask.severity} | {rule.status} |"
        for rule in sorted(book().rules.values(), key=lambda rule: rule.name)
        if rule.place.file.startswith(f"{folder}/")
    ]
    return "\n".join([*lines, *rows])


def main() -> None:
    """Write every page, and take away those of rules that are gone."""
    made = pages()
    for old in PAGES.iterdir():
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} files in docs/rules/")


if __name__ == "__main__":
    main()
