"""All figures together, whoever owns what they count."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from engine import reports
from engine.config import TierConfig
from engine.errors import NotFound
from engine.figures.campaigns import CLOSURE
from engine.figures.registers import MEETINGS
from engine.process import World
from engine.reports import Group, Metric


def metrics_of(world: World) -> Sequence[Metric]:
    """Every figure, chapter by chapter."""
    return _metrics(tuple(world.config.tiers))


def metric_of(world: World, name: str) -> Metric:
    """One by its id, that of a rule of triage too. Raises NotFound."""
    if name.startswith(reports.OVERRULED) and name[len(reports.OVERRULED) :].isidentifier():
        return reports.overruled_by(name[len(reports.OVERRULED) :])
    for each in metrics_of(world):
        if each.id == name:
            return each
    raise NotFound("figure.unknown", "There is no such figure.")


@lru_cache(maxsize=8)
def _metrics(tiers: tuple[TierConfig, ...]) -> Sequence[Metric]:
    every = (*reports.FIELD, CLOSURE, *MEETINGS, *reports.of_tiers(tiers))
    return sorted(every, key=lambda metric: list(Group).index(metric.group))
