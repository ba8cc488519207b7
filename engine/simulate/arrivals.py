"""What reaches a district: when, where, through which channel, about what, how grave."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from engine.deadlines import WorkingCalendar
from engine.intake import Filing, PartyIn
from engine.simulate import shares
from engine.simulate.texts import Matter, Texts, texts
from engine.territory import Tiers

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A filing to come. `settles` is the tier (0 the lowest) where fate has it settled; `chance` is the case's own.

    `strokes` are those of `Fate` that are decided already.
    """

    filing: Filing
    settles: int
    chance: Random
    strokes: Mapping[str, bool] = field(default_factory=dict)


class Places:
    """Units to draw from: a few communities and a fifth of the grids carry most of what happens."""

    def __init__(self, units: Sequence[tuple[str, str]], tiers: Tiers, seed: int) -> None:
        """`units` are (id, tier), any order."""
        chance = Random(f"places:{seed}")
        self.tiers = tiers
        self.units: dict[str, list[str]] = {}
        self.below: dict[str, list[str]] = {}
        for unit_id, tier in sorted(units):
            self.units.setdefault(tier, []).append(unit_id)
            self.below.setdefault(unit_id.rpartition(".")[0], []).append(unit_id)
        second = tiers.names[min(1, len(tiers.names) - 1)]
        self._grids = self.units.get(second) or self.units[tiers.lowest]
        depth = min(3, len(tiers.names))
        weights: dict[str, float] = {}
        sums: list[float] = []
        for grid in self._grids:
            community = ".".join(grid.split(".")[:depth])
            if community not in weights:
                weights[community] = math.exp(chance.gauss(0, shares.COMMUNITY_SPREAD))
            busy = shares.BUSY_GRID_WEIGHT if chance.random() < shares.BUSY_GRIDS else 1.0
            sums.append(weights[community] * busy)
        self._sums = list(accumulate(sums))

    def grid(self, chance: Random) -> str:
        return chance.choices(self._grids, cum_weights=self._sums)[0]

    def within(self, place: str, chance: Random) -> str:
        """A building of the place, or the place itself when it has none."""
        return chance.choice(self.below.get(place) or [place])


def arrivals(
    places: Places,
    calendar: WorkingCalendar,
    *,
    start: date,
    days: int,
    cases: int,
    seed: int,
    until: datetime | None = None,
    rising: float = 1.0,
) -> Iterator[Arrival]:
    """Earliest first; not later than `until`. `rising` is how much busier the last day is than the first."""
    when = Random(f"arrivals:{seed}")
    span = [start + timedelta(days=n) for n in range(days)]
    weights = [_day_weight(day, calendar) * rising ** (n / max(1, days - 1)) for n, day in enumerate(span)]
    instants = sorted(_instant(when.choices(span, weights)[0], calendar, when) for _ in range(cases))
    for number, at in enumerate(instants):
        if until is not None and at > until:
            break
        yield _arrival(places, at, Random(f"case:{seed}:{number}"))


def _day_weight(day: date, calendar: WorkingCalendar) -> float:
    weight = 1.0 if calendar.is_working_day(day, provisional=True) else shares.REST_DAY
    return weight * (shares.SPRING_FESTIVAL if _in_festival(day) else 1.0)


def _in_festival(day: date) -> bool:
    return any(-1 <= (day - new_year).days <= 6 for new_year in shares.NEW_YEARS)


def _before_festival(day: date) -> bool:
    return any(1 <= (new_year - day).days <= 30 for new_year in shares.NEW_YEARS)


def _instant(day: date, calendar: WorkingCalendar, chance: Random) -> datetime:
    hour = chance.choices(range(24), shares.HOURS)[0]
    return datetime.combine(day, time(hour, chance.randrange(60), chance.randrange(60)), calendar.tz)


def _arrival(
    places: Places,
    at: datetime,
    chance: Random,
) -> Arrival:
    pool = texts()
    severity = _draw(shares.SEVERITY, chance)
    settles = min(_draw(shares.SETTLED_AT[severity], chance), len(places.tiers.names) - 1)
    channel = _draw(shares.CHANNELS, chance)
    kind = _kind(channel, chance)
    category = pool.category_of(kind, chance) or _category(at.date(), chance)
    facts = _facts(severity, chance)
    if kind == "petition":
        facts |= _petition(severity, chance)
    if severity == 1 and chance.random() < shares.REPEAT:
        facts["repeat_count"] = 1
    grid = places.grid(chance)
    begins_below = settles == 0 or (severity == 1 and chance.random() < shares.BEGINS_BELOW)
    place = grid
    if begins_below or severity > 1:
        place = places.within(grid, chance)
    words = _words(pool, kind, category, facts, chance)
    anonymous = chance.random() < shares.ANONYMOUS
    filing = Filing(
        channel=channel,
        kind=kind,
        category=category,
        title=words.title[:200],
        description=words.description,
        demand=words.demand,
        place_id=place,
        received_at=at,
        facts=facts,
        parties=_parties(pool, words.respondent, anonymous, chance),
        anonymous=anonymous,
    )
    return Arrival(filing, settles, chance)


def _draw(weights: Mapping[T, float], chance: Random) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]


def _kind(channel: str, chance: Random) -> str:
    """A way of its own, or one of the kinds that are handled by their size."""
    drawn = chance.random()
    for kind, share in shares.OWN_WAYS.get(channel, {}).items():
        drawn -= share
        if drawn < 0:
            return kind
    return _draw(shares.KINDS, chance)


def _petition(severity: int, chance: Random) -> dict[str, Any]:
    if chance.random() < shares.LEGAL_REFERRALS:
        return {"legal_route_pending": True}
    return {"simple_ok": True} if severity == 1 and chance.random() < shares.SIMPLE_PETITIONS else {}


def _category(day: date, chance: Random) -> str:
    weights = dict(shares.CATEGORIES)
    if _before_festival(day):
        weights["labour.wages"] *= shares.WAGES_BEFORE_FESTIVAL
    return _draw(weights, chance)


def _facts(severity: int, chance: Random) -> dict[str, Any]:
    """What makes the tables grade a matter so: people, money, injury, risk, opinion."""
    facts: dict[str, Any] = {"people_count": chance.randint(1, 4), "amount_cny": chance.randrange(0, 49_000, 100)}
    way = chance.random()
    match severity:
        case 2 if way < 0.45:
            facts["people_count"] = chance.randint(5, 29)
        case 2 if way < 0.75:
            facts["amount_cny"] = chance.randrange(50_000, 1_000_000, 1_000)
        case 2 if way < 0.85:
            facts["risk"] = "vulnerable"
        case 2 if way < 0.90:
            facts["departments"] = 2
        case 2 if way < 0.95:
            facts["repeat_count"] = chance.randint(2, 3)
        case 2:
            facts["injury"] = "minor"
        case 3 if way < 0.45:
            facts["people_count"] = chance.randint(30, 99)
        case 3 if way < 0.75:
            facts["amount_cny"] = chance.randrange(1_000_000, 10_000_000, 10_000)
        case 3 if way < 0.90:
            facts["risk"] = "mass_gathering"
        case 3:
            facts["opinion_level"] = "hot"
        case 4 if way < 0.6:
            facts["people_count"] = chance.randint(100, 400)
        case 4:
            facts["risk"] = "extreme_act"
        case _:
            pass
    return facts


def _words(pool: Texts, kind: str, category: str, facts: Mapping[str, Any], chance: Random) -> Matter:
    matter = chance.choice(pool.ways.get(kind) or pool.matters[category])
    slots = {
        "house": f"{chance.randint(1, 12)}栋{chance.randint(1, 30)}{chance.randint(1, 8):02d}房",
        "shop": chance.choice(pool.shops),
        "estate": chance.choice(pool.estates),
        "amount": str(facts["amount_cny"] or chance.randrange(500, 20_000, 100)),
        "people": str(facts["people_count"]),
        "days": str(chance.randint(3, 60)),
    }
    return Matter(
        matter.title.format_map(slots),
        matter.description.format_map(slots),
        matter.demand.format_map(slots),
        matter.respondent.format_map(slots),
    )


def _parties(pool: Texts, respondent: str, anonymous: bool, chance: Random) -> tuple[PartyIn, ...]:
    name, phone = pool.name(chance), pool.phone(chance)
    applicant = PartyIn("applicant", "匿名诉求人" if anonymous else name, phone=None if anonymous else phone)
    return applicant, PartyIn("respondent", respondent, type="person" if respondent.endswith(("户", "东")) else "org")
