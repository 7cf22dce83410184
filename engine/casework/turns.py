"""Turns of phrase that the checks of a text look for, Chinese and English: reached or not, solved, vague; and the small words between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from re import Pattern


def any_of(*patterns: str) -> Pattern[str]:
    """Return the pattern of alternatives, in letters of either size."""
    return re.compile("|".join(patterns), re.IGNORECASE)


REACHED: Final = any_of(
    r"(?<![未没无])(?:已经?|成功)(?:与客户|向客户|和客户)?(?:取得)?(?:电话)?(?:联系|回访|沟通)",
    r"联系上了?客户",
    r"(?<!not )(?<!n't )\b(?:contacted|reached|called|phoned) the customer\b",
)
UNREACHED: Final = any_of(
    r"(?:无法|未能|没能|未)(?:与客户|向客户|和客户)?(?:取得)?(?:联系|回访)",
    r"联系不上",
    r"无人接听",
    r"\b(?:could not|cannot|can't|unable to|did not|not able to) (?:be )?(?:reach|reached|contact|contacted|call)\b",
)
RESOLVED: Final = any_of(
    r"(?<![未没])(?:已经?|现已)(?:全部|彻底)?(?:解决|恢复(?:供电|正常)?|修复|整改完毕|处理完毕|消缺)",
    r"\b(?:was|is|has been|have been|fully) (?:resolved|fixed|solved|restored|repaired)\b",
)
VAGUE: Final = any_of(
    r"已(?:经)?(?:妥善|及时|按要求|进行)?(?:处理|处置|安排|落实|整改|解决)",
    r"临时检修|现场处理|及时处理|正在处理|高度重视|举一反三",
    r"加强(?:管理|巡视|巡检|培训|教育|监督|沟通)",
    r"认真(?:分析|整改|落实)",
    r"进一步(?:加强|提高|完善)?",
    r"按(?:相关|有关)?(?:规定|要求)(?:执行|处理|办理)?",
    r"做好(?:相关)?(?:工作|解释)",
    r"设备(?:故障|原因)|线路故障",
    r"\b(?:dealt with|handled|taken care of|processed|addressed)\b",
    r"\bon[- ]site (?:handling|work)\b|\btemporary maintenance\b",
    r"\b(?:strengthen|improve|enhance)(?:ed)? (?:the )?(?:management|inspections?|training|supervision|communication)\b",
    r"\bas (?:required|appropriate)\b|\bpaid? (?:great|close) attention\b|\b(?:in time|promptly|properly)\b",
)
#: What may stand between vague words without making them say more.
FILLING: Final = any_of(
    r"[\W_]+",
    r"我(?:所|部|公司|单位|们)|工作人员|相关|有关|人员|部门|对此|现场|下一步|后续|并|和|及|了|的|将|要|已",
    r"\b(?:the|a|an|and|we|it|our|staff|team|crew|site|will|has|have|been|was|were|is|are|to|of|on|by|for|this|further)\b",
    r"\b(?:matter|issue|problem|case|fault)\b",
)
LATIN: Final = re.compile(r"[A-Za-z]+")
#: A text with less left than six letters, or two words of Latin ones, has said nothing.
LITTLE, A_WORD = 6, 3


def says_little(text: str) -> bool:
    """Return whether nothing much is left of a text without its vague words and what stands between them."""
    left = FILLING.sub(" ", VAGUE.sub(" ", text))
    words = LATIN.findall(left)
    letters = sum(not letter.isspace() for letter in LATIN.sub("", left))
    return letters + A_WORD * len(words) < LITTLE
