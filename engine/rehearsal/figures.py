"""The figures of a whole rehearsal: as it was, as it would be, from the sketches of all cases. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.cases import FEWEST, RISES

DAYS = (1, 2, 3, 5, 10, 15, 20, 30, 60)
"""Upper bounds of the classes of days to close, in working days; what takes longer is the last class."""
MOST_UNITS = 15
OTHERS = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One case: as it was and as it would be, as `trace.sketch` gives it."""

    number: int
    category: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    differs: bool
    faithful: bool
    """Whether rehearsing the release it ran on gives what happened; asked for cases that differ."""
    assumed_at: Mapping[str, int]


def figures_of(cases: Sequence[Rehearsed], tiers: Sequence[str], *, day_minutes: int) -> dict[str, Any]:
    """JSON-safe. Every pair is [as it was, as it would be]; days are working days."""
    before, after = [case.before for case in cases], [case.after for case in cases]

    def both(count: Any) -> list[Any]:
        return [count(before), count(after)]

    return {
        "cases": len(cases),
        "differing": sum(case.differs for case in cases),
        "unexplained": sum(case.differs and not case.faithful for case in cases),
        "ended": _pairs(both(lambda side: Counter(each["ended"] for each in side))),
        "measures": {
            "rises": both(lambda side: sum(len(_rises(each)) for each in side)),
            "rises_overdue": both(lambda side: sum(_rises(each).count("overdue") for each in side)),
            "rises_request": both(lambda side: sum(_rises(each).count("request") for each in side)),
            "returns": both(lambda side: sum(stay[2] == "return_down" for each in side for stay in each["stays"])),
            "overdue": both(lambda side: sum(each["overdue"] for each in side)),
            "yellow": both(lambda side: sum(each["yellow"] for each in side)),
            "red": both(lambda side: sum(each["red"] for each in side)),
            "asked": both(lambda side: sum(each["asked"] for each in side)),
            "median_days": both(lambda side: _days_at(side, 0.5, day_minutes)),
            "ninth_days": both(lambda side: _days_at(side, 0.9, day_minutes)),
        },
        "tiers": [
            {
                "tier": tier,
                "stays": both(lambda side, tier=tier: sum(s[0] == tier for e in side for s in e["stays"])),
                "rises": both(lambda side, tier=tier: sum(_rose(s) and s[4] == tier for e in side for s in e["stays"])),
                "overdue": both(
                    lambda side, tier=tier: sum(s[2] == "overdue" and s[4] == tier for e in side for s in e["stays"])
                ),
                "settled": both(
                    lambda side, tier=tier: sum(e["ended"] == "closed" and e["stays"][-1][0] == tier for e in side)
                ),
            }
            for tier in tiers
        ],
        "days": _pairs(both(lambda side: _classes(side, day_minutes)), keys=[str(day) for day in (*DAYS, 0)]),
        "units": _units(before, after, day_minutes),
        "assumed": {
            "cases": sum(case.after["assumed"] > 0 for case in cases),
            "answers": sum(case.after["assumed"] for case in cases),
            "at": dict(_sum(case.assumed_at for case in cases).most_common(12)),
        },
        "trouble": dict(Counter(case.after["trouble"] for case in cases if case.after["trouble"]).most_common(12)),
    }


def _rose(stay: Sequence[Any]) -> bool:
    return stay[2] in RISES


def _rises(side: Mapping[str, Any]) -> list[str]:
    return [stay[2] for stay in side["stays"] if _rose(stay)]


def _days_at(side: Sequence[Mapping[str, Any]], share: float, day_minutes: int) -> float | None:
    """The length that so large a share of the cases that ended did not exceed."""
    lengths: list[int] = sorted(each["minutes"] for each in side if each["minutes"] is not None)
    if not lengths:
        return None
    rank = max(-(-len(lengths) * round(share * 100) // 100), 1)
    return round(lengths[rank - 1] / day_minutes, 1)


def _classes(side: Sequence[Mapping[str, Any]], day_minutes: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for each in side:
        if each["minutes"] is not None:
            days = each["minutes"] / day_minutes
            found[str(next((bound for bound in DAYS if days <= bound), 0))] += 1
    return found


def _units(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], day_minutes: int
) -> list[dict[str, Any]]:
    """Stays and working days of holding per unit, those whose load changes most first, the others together.

    So are units with fewer than `FEWEST` cases, which would tell of single people.
    """
    stays: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    held: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for side, cases in enumerate((before, after)):
        for case in cases:
            for _, unit, _, minutes, _ in case["stays"]:
                stays[side][unit] += 1
                held[side][unit] += minutes
    units = {*stays[0], *stays[1]}
    big = {unit for unit in units if min(stays[0][unit], stays[1][unit]) >= FEWEST}
    order = sorted(big, key=lambda unit: (-abs(held[1][unit] - held[0][unit]), unit))
    shown = order[:MOST_UNITS]
    rest = units - set(shown)
    rows = [
        {
            "unit": unit,
            "stays": [stays[0][unit], stays[1][unit]],
            "days": [round(held[0][unit] / day_minutes, 1), round(held[1][unit] / day_minutes, 1)],
        }
        for unit in shown
    ]
    if rest:
        rows.append(
            {
                "unit": OTHERS,
                "stays": [sum(stays[side][unit] for unit in rest) for side in (0, 1)],
                "days": [round(sum(held[side][unit] for unit in rest) / day_minutes, 1) for side in (0, 1)],
            }
        )
    return rows


def _pairs(both: Sequence[Counter[str]], keys: Sequence[str] | None = None) -> dict[str, list[int]]:
    was, would = both
    return {key: [was[key], would[key]] for key in keys or sorted({*was, *would})}


def _sum(counts: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total
