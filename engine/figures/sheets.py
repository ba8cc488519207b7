"""A kept report as tables, for the page, the workbook and the Word file alike: the same numbers in one order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from engine.figures.making import COMPARED
from engine.figures.model import FieldReport
from engine.reports import Group, Rounding, Said, Shape

Cell = str | int | float
Words = Callable[[str, str], str]
"""(kind, key) in the reader's language: a channel, a category, a tier, a length."""

CHAPTERS: Mapping[str, Said] = {
    Group.LOAD: Said("诉求受理", "What comes in"),
    Group.SOLVING: Said("化解与时效", "How matters end"),
    Group.PETITION: Said("信访、督办与积案", "Petitions, supervision and backlog"),
    Group.LADDER: Said("层级指标", "Tier by tier"),
    Group.CARE: Said("群众感受", "How people are treated"),
    Group.MEETINGS: Said("茶话会与接访", "Sessions and receptions"),
}
ROUNDED: Mapping[str, Said] = {
    Rounding.TRUNCATE: Said("舍去", "cut off"),
    Rounding.HALF_UP: Said("四舍五入", "half up"),
}
NOTE = Said(
    "比率按定义规定的方式取舍；同比指上年同一日历期间，比率的变动为百分点。保密事项不计入任何数字。",
    "Shares are rounded as their definition says. The year before means the same calendar days; shares move by points."
    " Confidential matters are in no number.",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. The first column names the row."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    """Shares of a page's width."""


def title_of(report: FieldReport, unit: str, locale: str) -> str:
    zh = locale.startswith("zh")
    days = f"{report.first_on.isoformat()} – {report.last_on.isoformat()}"
    return f"{unit}信访与矛盾化解统计报告 {days}" if zh else f"Report of figures, {unit}, {days}"


def subject_of(report: FieldReport, locale: str, tz: tzinfo) -> str:
    """As of when all of it is told."""
    at = report.as_of.astimezone(tz)
    return Said(f"统计时点 {at:%Y-%m-%d %H:%M}", f"As of {at:%Y-%m-%d %H:%M}").to(locale)


def sheets_of(parts: Mapping[str, Any], locale: str, words: Words) -> Sequence[Sheet]:
    """Every part of a finished report that has rows."""

    def say(zh: str, en: str) -> str:
        return Said(zh, en).to(locale)

    found = [_figures(parts["figures"], group, locale) for group in CHAPTERS]
    found.append(
        Sheet(
            say("各层级停留时间", "How long matters stay at each tier"),
            (say("层级", "Tier"), say("停留次数", "Stays"), say("半数不超过", "Half within"),
             say("九成不超过", "Nine of ten within")),
            tuple((words("tier", t), n, words("length", str(half)), words("length", str(ninth)))
                  for t, n, half, ninth in parts["ladder"]),
            (4, 2, 3, 3),
        )
    )  # fmt: skip
    names = {each["id"]: each["name"][0 if locale.startswith("zh") else 1] for each in parts["figures"]}
    for metric in COMPARED:
        rows = parts["units"].get(metric, ())
        found.append(
            Sheet(
                say("各单位比较：", "Unit by unit: ") + names.get(metric, metric),
                (say("单位", "Unit"), say("数值", "Figure"), say("分子", "Above"), say("分母", "Below"),
                 say("与预期之比", "Against expected"), say("每万人", "Per 10,000 people")),
                tuple(
                    (zh if locale.startswith("zh") else en, _value(shown, share=below is not None), above,
                     _or_dash(below), _or_dash(against), _or_dash(per))
                    for _unit, zh, en, above, below, shown, against, per in rows
                ),
                (4, 2, 2, 2, 2, 2),
            )
        )  # fmt: skip
    split = (say("收到", "Received"), say("化解", "Resolved"), say("化解率", "Resolution rate"))
    for kind, part, name, title in (
        ("channel", parts["channels"], say("渠道", "Channel"), say("各渠道", "Channel by channel")),
        ("category", parts["categories"], say("类别", "Category"), say("各类别", "Category by category")),
    ):
        rows_ = tuple(
            (words(kind, key) if key else say("其他", "others"), received, resolved, _percent(rate))
            for key, received, resolved, rate in part
        )
        found.append(Sheet(title, (name, *split), rows_, (5, 2, 2, 2)))
    found.append(
        Sheet(
            say("逐月", "Month by month"),
            (say("月份", "Month"), *split),
            tuple((month, received, resolved, _percent(rate)) for month, received, resolved, rate in parts["months"]),
            (3, 2, 2, 2),
        )
    )
    found.append(
        Sheet(
            say("分级规则与人工改判", "Rules of triage that people overrule"),
            (say("规则", "Rule"), say("命中", "Applied"), say("改判", "Overruled")),
            tuple((rule, fired, turned) for rule, fired, turned in parts["rules"]),
            (6, 2, 2),
        )
    )
    return [sheet for sheet in found if sheet.rows]


def _figures(lines: Sequence[Mapping[str, Any]], group: str, locale: str) -> Sheet:
    at = 0 if locale.startswith("zh") else 1

    def say(zh: str, en: str) -> str:
        return (zh, en)[at]

    head = (
        *(say("指标", "Figure"), say("数值", "Value"), say("分子", "Above"), say("分母", "Below")),
        *(say("上年同期", "Year before"), say("变动", "Change"), say("定义", "Definition")),
    )
    rows = []
    for each in lines:
        if each["group"] != group:
            continue
        share, count = each["shape"] == Shape.SHARE, each["shape"] == Shape.COUNT
        version = f"{each['id']} v{each['version']}" + ("" if count else f", {ROUNDED[each['rounding']].to(locale)}")
        before = each["before"][2] if each["before"] else None
        rows.append(
            (
                each["name"][at],
                _value(each["shown"], share=share),
                each["above"],
                _or_dash(each["below"]),
                _value(before, share=share),
                _changed(each["change"], Shape(each["shape"]), locale),
                f"{each['formula'][at]} ({version})",
            )
        )
    return Sheet(CHAPTERS[group].to(locale), head, tuple(rows), (4, 2, 2, 2, 2, 2, 8))


def _value(shown: str | None, *, share: bool) -> str:
    return "—" if shown is None else _percent(shown) if share else f"{int(shown):,}" if shown.isdigit() else shown


def _percent(shown: str | None) -> str:
    return "—" if shown is None else f"{shown} %"


def _changed(change: str | None, shape: Shape, locale: str) -> str:
    if change is None:
        return "—"
    sign = "" if change.startswith("-") else "+"
    ends = {Shape.COUNT: " %", Shape.SHARE: " " + Said("个百分点", "points").to(locale), Shape.PER: ""}
    return f"{sign}{change}{ends[shape]}"


def _or_dash(number: Cell | None) -> Cell:
    return "—" if number is None else number
