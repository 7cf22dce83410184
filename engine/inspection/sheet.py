"""The sheet that inspectors take along: a row for each thing drawn, with room for what they find."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.inspection.draw import Draw

#: What stands in the first line. The first nine are filled in; the rest is for the inspector.
COLUMNS = (
    "检查编号",
    "层级",
    "地区",
    "区县",
    "类别",
    "对象编号",
    "责任单位",
    "责任人",
    "内容",
    "检查人",
    "检查时间",
    "问题",
    "问题级别",
    "整改期限",
    "备注",
)
KINDS = {"connections": "业扩", "complaints": "投诉", "tasks": "说清楚任务"}
LEVELS = {"county": "县", "city": "市"}


def sheet(drawn: Draw, name: str) -> str:
    """Return the sheet of a draw as CSV. `name` is the number of the inspection, under which findings are told."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for stratum in drawn.strata:
        for one in stratum.drawn:
            known = (name, LEVELS[stratum.level], stratum.place, one.county, KINDS[drawn.kind], one.id)
            rows.writerow((*known, one.unit or "", one.person or "", one.about, *[""] * 6))
    return text.getvalue()
