"""When a timer is due: ISO 8601 read strictly, and `due(step, tier)` answered by the host. Nothing here reads a clock.

A length is running time; months and years keep the day of month, cut to the month's last day (31 January + P1M is
28 or 29 February). An instant needs an offset. A cycle is `R3/PT1H`, `R/P1D` or `R3/<instant>/PT1H`: it fires three
times, always one length after the last due time, so that late firing does not shift it.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from engine.errors import Invalid
from engine.runtime.expressions import Expression, compile_expression, unwrap
from engine.runtime.values import Due

TimerKind = Literal["duration", "date", "cycle"]

DUE = re.compile(r"""\bdue\(\s*["']([A-Za-z_]\w*)["']\s*(,)?""")
"""How a written timer asks for a step of the limits: the step, and the comma behind it when a tier is named."""
_LENGTH = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W"
    r"|(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<days>\d{1,6})D)?"
    r"(?P<clock>T(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?)",
    re.ASCII,
)
_LITERAL = re.compile(r"[+-]?P[\dT].*|P|R\d*(/.*)?|\d{4}-.*|\d{8}.*", re.DOTALL | re.ASCII)
_CYCLE = re.compile(r"R(?P<count>\d{0,6})(?:/(?P<start>[^/]+))?/(?P<length>P[^/]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Length:
    """A span of running time."""

    months: int
    span: timedelta

    def after(self, start: datetime) -> datetime:
        """`start` plus this length, in UTC. Raises Invalid `timer.length` beyond the year 9999."""
        try:
            moved = _plus_months(start.astimezone(UTC), self.months) if self.months else start.astimezone(UTC)
            return moved + self.span
        except (OverflowError, ValueError) as fault:
            raise Invalid("timer.length", "The timer would end beyond the year 9999.") from fault


@dataclass(frozen=True, slots=True)
class Cycle:
    """`count` firings (None: without end), the first at `start` or one length after arming."""

    count: int | None
    start: datetime | None
    length: Length


@dataclass(frozen=True, slots=True)
class Timer:
    """What a diagram says: a literal, checked, or an expression to be evaluated when the token arrives."""

    kind: TimerKind
    text: str
    expression: Expression | None


@dataclass(frozen=True, slots=True)
class Armed:
    """A timer of one token: due once, and `left` further firings at `every` after it (None: without end)."""

    due_at: datetime
    step: str | None = None
    length: str | None = None
    every: str | None = None
    left: int | None = 0

    def again(self) -> Armed | None:
        """The next firing of a cycle, one length after this due time, or None when there is none."""
        if self.every is None or self.left == 0:
            return None
        due_at = parse_length(self.every).after(self.due_at)
        return Armed(due_at, self.step, self.length, self.every, None if self.left is None else self.left - 1)


def compile_timer(kind: TimerKind, text: str, functions: frozenset[str]) -> Timer:
    """Check the text of a timer event. Raises Invalid `timer.*` or `expression.*`."""
    body = unwrap(text)
    if not body:
        raise Invalid("timer.empty", "The timer says nothing.")
    if not _LITERAL.fullmatch(body):
        expression = compile_expression(text, functions)
        if expression.names or expression.calls:
            return Timer(kind, body, expression)
        body = str(expression.evaluate({}, {}))
    _check_literal(kind, body)
    return Timer(kind, body, None)


def arm(timer: Timer, value: object, now: datetime) -> Armed:
    """The due time of `value`, which the timer's text or expression gave at `now`. Raises Invalid `timer.*`."""
    if isinstance(value, Due):
        return Armed(_in_utc(value.at, timer.text), value.step, value.length)
    if not isinstance(value, str):
        raise Invalid("timer.value", f'"{timer.text}" gives {value!r}: neither a length nor an instant.')
    body = value.strip()
    if body.startswith("R"):
        cycle = parse_cycle(body)
        every = body.rsplit("/", 1)[1]
        left = None if cycle.count is None else cycle.count - 1
        return Armed(cycle.start or cycle.length.after(now), None, every, every, left)
    if body.startswith(("P", "-", "+")):
        return Armed(parse_length(body).after(now), None, body)
    return Armed(parse_instant(body))


def parse_length(text: str) -> Length:
    """`P7D`, `PT1H30M`, `P2W`, `P1M`. No sign, no mixture of weeks with others, fractions of seconds only."""
    match = _LENGTH.fullmatch(text)
    found = {key: value for key, value in match.groupdict().items() if value is not None} if match else {}
    if not found or found.get("clock") == "T":
        raise Invalid("timer.length", f'"{text}" is not a length of time such as P7D, PT12H or P2W.', value=text)
    number = {key: float(value) if key == "seconds" else int(value) for key, value in found.items() if key != "clock"}
    span = timedelta(**{key: value for key, value in number.items() if key not in ("years", "months")})
    return Length(int(number.get("years", 0)) * 12 + int(number.get("months", 0)), span)


def parse_instant(text: str) -> datetime:
    """`2026-03-01T12:00:00Z` or with `+08:00`. Without an offset it is refused: nobody knows what it means."""
    try:
        return _in_utc(datetime.fromisoformat(text), text)
    except ValueError as fault:
        raise Invalid(
            "timer.instant", f'"{text}" is not an instant such as 2026-03-01T12:00:00+08:00.', value=text
        ) from fault


def parse_cycle(text: str) -> Cycle:
    """`R3/PT1H`, `R/P1D`, `R3/2026-03-01T12:00:00Z/PT1H`; at least once, and never of length zero."""
    match = _CYCLE.fullmatch(text)
    if match is None or match["count"] == "0":
        raise Invalid("timer.cycle", f'"{text}" is not a repetition such as R3/PT1H.', value=text)
    length = parse_length(match["length"])
    if not length.months and not length.span:
        raise Invalid("timer.cycle", f'"{text}" repeats without any time between.', value=text)
    start = parse_instant(match["start"]) if match["start"] else None
    return Cycle(int(match["count"]) if match["count"] else None, start, length)


def _check_literal(kind: TimerKind, body: str) -> None:
    if kind == "date":
        parse_instant(body)
    elif kind == "duration":
        parse_length(body)
    else:
        parse_cycle(body)


def _in_utc(instant: datetime, text: str) -> datetime:
    if instant.tzinfo is None:
        raise Invalid("timer.instant", f'"{text}" has no offset from UTC; write Z or +08:00 behind it.', value=text)
    return instant.astimezone(UTC)


def _plus_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)
