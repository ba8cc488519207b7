"""The working-day tables as people write them: one YAML text per year, published by the State Council each autumn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import Invalid
from engine.strict_yaml import Document, read_yaml

SATURDAY_AND_SUNDAY = frozenset({5, 6})
"""As `date.weekday()` counts."""

KEYS = ("year", "holidays", "makeup_workdays", "source")
_KEYS = ", ".join(KEYS)


@dataclass(frozen=True, slots=True)
class Workdays:
    """What one year adds to the plain week: days off, and rest days that are worked (调休上班)."""

    year: int
    holidays: frozenset[date]
    makeup_workdays: frozenset[date]
    source: str = ""


def packaged_year_tables() -> list[Path]:
    """The tables that ship with the engine, oldest first."""
    return sorted((Path(__file__).parent / "workdays").glob("*.yaml"))


def load_year_tables(paths: Iterable[Path]) -> tuple[Workdays, ...]:
    """Reads files and orders them by year.

    Raises Invalid for a file that cannot be taken (see `read_year_table`) and for a year that two files claim.
    """
    found: dict[int, tuple[Workdays, Path]] = {}
    for path in paths:
        table = read_year_table(path.read_text(encoding="utf-8"), path.name)
        if table.year in found:
            raise Invalid(
                "year_table.twice",
                f"{path.name} and {found[table.year][1].name} both give the working days of {table.year}.",
                year=table.year,
            )
        found[table.year] = table, path
    return tuple(found[year][0] for year in sorted(found))


def read_year_table(
    text: str, name: str = "the year table", *, weekend: frozenset[int] = SATURDAY_AND_SUNDAY
) -> Workdays:
    """Reads one year. A holiday may fall on a weekend; a make-up day must, or it would make up for nothing.

    Raises Invalid: `yaml.broken`, or `year_table.invalid` with all faults at once (`problems`: line, key, problem, zh).
    """
    reading = _Reading(read_yaml(text, name))
    table = reading.table(weekend)
    if table is None:
        problems = sorted(reading.problems, key=lambda each: each["line"])
        listed = "; ".join(f"line {each['line']}, {each['key']}: {each['problem']}" for each in problems)
        raise Invalid("year_table.invalid", f"{name} cannot be used: {listed}.", file=name, problems=problems)
    return table


class _Reading:
    """One pass over a document that goes on after a fault, so that all of them are told at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[dict[str, Any]] = [
            {
                "line": line,
                "key": str(path[-1]) if path else "",
                "problem": words,
                "zh": "键重复，或写法不支持",
            }
            for line, path, words in document.problems
        ]

    def table(self, weekend: frozenset[int]) -> Workdays | None:
        """None when there were problems."""
        raw = self._document.value
        if not isinstance(raw, dict):
            self._fault((), "", f"the text must consist of the keys {_KEYS}", f"文件须由这些键组成：{_KEYS}")
            return None
        for key in raw.keys() - set(KEYS):
            self._fault((key,), key, f"there is no such key; the keys are {_KEYS}", f"没有这个键，可用的键：{_KEYS}")
        for key in KEYS:
            if key not in raw:
                self._fault((), key, "the key is missing", "缺少这个键")
        year = raw.get("year")
        if "year" in raw and (type(year) is not int or not 1949 <= year <= 2199):
            self._fault(("year",), "year", f"{year!r} is not a year", f"{year!r} 不是年份")
        source = raw.get("source")
        if "source" in raw and (not isinstance(source, str) or not source.strip()):
            self._fault(("source",), "source", "say where the table comes from", "请写明日历的出处")
        holidays = self._days(raw, "holidays", year)
        makeup = self._days(raw, "makeup_workdays", year)
        for day, place in makeup.items():
            path = ("makeup_workdays", place)
            if day.weekday() not in weekend:
                problem = f"{day} is an ordinary working day of the week already"
                self._fault(path, "makeup_workdays", problem, f"{day} 本来就是工作日")
            if day in holidays:
                self._fault(path, "makeup_workdays", f"{day} is listed as a holiday too", f"{day} 同时列为节假日")
        if self.problems or not isinstance(year, int) or not isinstance(source, str):
            return None
        return Workdays(year, frozenset(holidays), frozenset(makeup), source.strip())

    def _days(self, raw: dict[str, Any], key: str, year: object) -> dict[date, int]:
        if key not in raw:
            return {}
        listed = raw[key]
        if not isinstance(listed, list):
            self._fault((key,), key, "a list of days is needed; write [] for none", "须为日期列表，没有则写 []")
            return {}
        days: dict[date, int] = {}
        for place, text in enumerate(listed):
            day = _day(text)
            if day is None:
                problem = f"{text!r} is not a day; write it as 2024-10-01"
                self._fault((key, place), key, problem, f"{text!r} 不是日期，请写作 2024-10-01")
            elif day in days:
                self._fault((key, place), key, f"{day} is listed twice", f"{day} 列了两次")
            else:
                days[day] = place
                if type(year) is int and day.year != year:
                    self._fault((key, place), key, f"{day} does not lie in {year}", f"{day} 不在 {year} 年")
        return days

    def _fault(self, path: tuple[str | int, ...], key: str, problem: str, zh: str) -> None:
        self.problems.append({"line": self._document.line(path) or 1, "key": key, "problem": problem, "zh": zh})


def _day(text: object) -> date | None:
    if not isinstance(text, str) or len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
