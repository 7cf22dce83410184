"""A small picture of two stories of a rule: what happened one after the other, and where a task opened, or did not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from engine.language import RuleTest

WIDTH, ROW, LEFT = 860, 118, 24
#: Moments that one row has room for; stories that are longer show their beginning and their end.
MOST = 8
COLOURS = {"opened": "#b3261e", "withdrawn": "#7a7a7a", "ended": "#2e6f40"}
MARKS = {"opened": "任务 / task", "withdrawn": "撤回 / withdrawn", "ended": "结束 / ended"}


class Moment(NamedTuple):
    """Something at an instant: an event, or what came of it."""

    at: int
    label: str
    kind: str = ""


def picture(title: str, stories: list[RuleTest], zone: str) -> str:
    """Return the stories as SVG, one below the other, with words for those who cannot see it."""
    rows = [row(story, number * ROW, zone) for number, story in enumerate(stories)]
    style = "text{font:12px sans-serif;fill:#222}.small{font-size:10px;fill:#666}.name{font-weight:bold}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {len(stories) * ROW}" role="img"><style>{style}</style>'
    told = "; ".join(f"{story.name}: {', '.join(moment.label for moment in moments_of(story))}" for story in stories)
    head += f"<title>{escape(title)}</title><desc>{escape(told)}</desc>"
    return head + '<rect width="100%" height="100%" fill="#fff"/>' + "".join(rows) + "</svg>\n"


def row(story: RuleTest, top: int, zone: str) -> str:
    """Return one story: its name, and a line with a mark for each moment, evenly apart so that each can be read."""
    moments = shortened(moments_of(story))
    step = (WIDTH - 2 * LEFT) / max(1, len(moments))
    line = top + 62
    drawn = [
        f'<text class="name" x="{LEFT}" y="{top + 20}">{escape(story.name)}</text>',
        f'<line x1="{LEFT}" y1="{line}" x2="{WIDTH - LEFT}" y2="{line}" stroke="#999"/>',
    ]
    for number, moment in enumerate(moments):
        drawn.append(mark(moment, LEFT + step * (number + 0.5), line, zone))
    if not story.expect:
        drawn.append(f'<text class="small" x="{WIDTH - LEFT}" y="{top + 20}" text-anchor="end">没有任务 / no task</text>')
    return "".join(drawn)


def moments_of(story: RuleTest) -> list[Moment]:
    """Return what happens in a story, in the order of time."""
    events = [Moment(event.at, name_of(event.record)) for event in story.events]
    marks = [Moment(one.at, MARKS[one.kind], one.kind) for one in story.expect]
    return sorted([*events, *marks], key=lambda one: (one.at, bool(one.kind)))


def name_of(record: dict[str, object]) -> str:
    """Return the event as a word, with its number where it has one."""
    number = next((str(value) for name, value in record.items() if name.endswith("_id") and name != "task_id"), "")
    return f"{record['type']} {number}".strip()


def shortened(moments: list[Moment]) -> list[Moment]:
    """Return as many moments as a row has room for."""
    if len(moments) <= MOST:
        return moments
    left = len(moments) - MOST + 1
    return [*moments[:3], Moment(moments[3].at, f"… {left} more …", "…"), *moments[3 + left :]]


def mark(moment: Moment, x: float, line: int, zone: str) -> str:
    """Return one moment: a dot for an event, a flag for what came of it."""
    when = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment.at)).astimezone(ZoneInfo(zone))
    said = when.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") if moment.kind != "…" else ""
    below = f'<text class="small" x="{x:.0f}" y="{line + 34}" text-anchor="middle">{said}</text>'
    colour = COLOURS.get(moment.kind)
    if colour is None:
        name, _, number = moment.label.partition(" ")
        dot = f'<circle cx="{x:.0f}" cy="{line}" r="5" fill="#3b6ea5"/>' if moment.kind != "…" else ""
        words = f'<text class="small" x="{x:.0f}" y="{line - 12}" text-anchor="middle">{escape(number)}</text>'
        return dot + words + f'<text class="small" x="{x:.0f}" y="{line + 20}" text-anchor="middle">{escape(name)}</text>' + below
    flag = f'<path d="M{x:.0f} {line} v-26 l16 6 l-16 6" stroke="{colour}" fill="{colour}"/>'
    return flag + f'<text class="small" x="{x:.0f}" y="{line + 20}" text-anchor="middle">{escape(moment.label)}</text>' + below
