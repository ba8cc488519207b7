"""What stands in a cell: days as text or as a spreadsheet's number, telephones with lost or added zeros, numbers that a
spreadsheet has rounded. Pure: each reads one cell, or raises `Wrong` with the sentence for the person who mends it."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime, timedelta, tzinfo

YES = frozenset({"是", "有", "√", "y", "yes", "true", "1", "对", "匿名", "保密"})
NO = frozenset({"否", "无", "", "×", "n", "no", "false", "0", "不", "实名", "公开"})
ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+\d+")
SERIAL = re.compile(r"\d{5}(\.\d+)?")
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day 0, wherever the district lies
DAY = re.compile(
    r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:[T ]*(?P<h>\d{1,2})[:时点](?P<min>\d{1,2})?分?(?::?(?P<s>\d{1,2})(?:\.\d+)?秒?)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
PLAIN_DAY = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:(?P<h>\d{2})(?P<min>\d{2})(?P<s>\d{2})?)?")
OLDEST_YEAR = 1990
UNITS = {
    "万": 10_000,
    "万元": 10_000,
    "千": 1_000,
    "亿": 100_000_000,
    **dict.fromkeys(("", "元", "人", "名", "次", "个"), 1),
}
NUMBER = re.compile(r"[¥￥约]?(?P<number>\d+(?:\.\d+)?)(?:余|多)?(?P<unit>\D*)")


class Wrong(Exception):
    """It is no failure of ours: the cell is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def plain(cell: str) -> str:
    """Trimmed, full-width signs as usual ones, without the apostrophe that keeps text from being a formula."""
    text = unicodedata.normalize("NFKC", cell).replace("\u200b", "").replace("\ufeff", "").strip()
    return text[1:].strip() if text.startswith("'") else text


def trimmed(cell: str) -> str:
    """Words of people: as they are written, without what stands around them."""
    text = cell.replace("\u200b", "").replace("\ufeff", "").strip()
    return text[1:].strip() if text.startswith("'") else text


def written(value: object) -> str:
    """A value of a spreadsheet or of JSON as text: whole numbers without a point, days as 2026-03-01."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        at_midnight = (value.hour, value.minute, value.second) == (0, 0, 0) and value.tzinfo is None
        return value.strftime("%Y-%m-%d") if at_midnight else value.isoformat(" ", "seconds")
    return str(value)


def instant(cell: str, zone: tzinfo, now: datetime) -> datetime:
    """An instant; of a day without a time its first one. Raises Wrong for one that is none, or lies ahead."""
    text = re.sub(r"\s+", " ", plain(cell))
    at = _serial(text) if SERIAL.fullmatch(text) else _day(text)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if at > now + timedelta(minutes=5):
        raise Wrong("时间不能晚于现在。", "The time lies in the future.")
    return at


def _serial(text: str) -> datetime:
    at = EPOCH + timedelta(days=float(text))
    at = (at + timedelta(microseconds=500_000)).replace(microsecond=0)
    return _old_enough(at)


def _day(text: str) -> datetime:
    found = DAY.fullmatch(text) or PLAIN_DAY.fullmatch(text)
    if found is None:
        raise Wrong("日期请写作 2026-03-01 或 2026年3月1日。", "Write a day as 2026-03-01.")
    part = {name: int(value) for name, value in found.groupdict().items() if value and name != "zone"}
    offset = found.groupdict().get("zone")
    try:
        at = datetime(part["y"], part["m"], part["d"], part.get("h", 0), part.get("min", 0), part.get("s", 0))  # noqa: DTZ001 - its zone is added by who asks
    except ValueError:
        raise Wrong("没有这一天或这个时刻。", "There is no such day or time.") from None
    if offset:
        at = datetime.fromisoformat(at.isoformat() + offset)
    return _old_enough(at)


def _old_enough(at: datetime) -> datetime:
    if at.year < OLDEST_YEAR:
        raise Wrong(f"日期早于 {OLDEST_YEAR} 年。", f"The day lies before {OLDEST_YEAR}.")
    return at


def phone(cell: str) -> str:
    """A telephone number; the zero in front of a mobile number is taken off, +86 too."""
    text = re.sub(r"[\s()（）]", "", plain(cell)).replace("—", "-").replace("转", "-")
    if ROUNDED.fullmatch(text):
        raise _rounded()
    mobile = re.fullmatch(r"(?:\+?86-?)?0?(1[3-9]\d[-]?\d{4}[-]?\d{4})", text)
    if mobile:
        return mobile[1].replace("-", "")
    if not re.fullmatch(r"\+?\d[\d-]{4,19}", text):
        raise Wrong("这不像电话号码。", "This does not look like a telephone number.")
    return text


def id_number(cell: str) -> str:
    """An identity number, as it is written. Raises Wrong where a spreadsheet has rounded it."""
    text = re.sub(r"\s", "", plain(cell)).upper()
    if ROUNDED.fullmatch(text):
        raise _rounded()
    if re.fullmatch(r"\d{15}000", text):
        raise Wrong(
            "身份证号末三位为 000，很可能已被电子表格截断，请按文本重新填写。",
            "It ends in 000: a spreadsheet has most likely cut it. Write it again as text.",
        )
    return text


def number(cell: str, *, whole: bool) -> int | float:
    """A number, with 万 and 元 understood. Raises Wrong for one that is negative or none."""
    text = re.sub(r"[,\s，]", "", plain(cell))
    found = NUMBER.fullmatch(text)
    unit = UNITS.get(found["unit"]) if found else None
    if found is None or unit is None:
        raise Wrong("请填写数字。", "Write a number.")
    value = float(found["number"]) * unit
    if whole and not value.is_integer():
        raise Wrong("请填写整数。", "Write a whole number.")
    if value > 1e13:
        raise Wrong("数字过大。", "The number is too large.")
    return int(value) if value.is_integer() else value


def yes(cell: str) -> bool:
    text = plain(cell).lower()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Wrong("请填写“是”或“否”。", "Write yes or no.")


def _rounded() -> Wrong:
    return Wrong(
        "电子表格已把这个号码转成科学计数法，后几位丢失。请把该列设为文本后重新填写。",
        "A spreadsheet has rounded this number and its last digits are lost. Make the column text and write it again.",
    )
