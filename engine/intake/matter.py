"""A filing that is taken: placed, compared with what came before and graded, before a row of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engine import triage
from engine.cases import Case, Earlier, faults_of
from engine.deploy import CATEGORY
from engine.errors import Invalid, NotAllowed
from engine.intake.filing import CHANNELS, KINDS, Filing, Override
from engine.intake.known import Known
from engine.people import Viewer
from engine.process import World
from engine.territory import OFFICE, Unit

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may run before ours."""


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """What will be a case. `severity` is what a person has said, where somebody has."""

    filing: Filing
    place: Unit
    repeated: Sequence[Earlier]
    facts: dict[str, Any]
    grade: triage.Grade
    severity: int


def take(
    session: Session, world: World, filing: Filing, known: Known, *, viewer: Viewer | None, now: datetime
) -> Matter | Case:
    """Writes nothing. The same (channel, external_no) a second time gives the first matter or case back.

    Raises Invalid with `facts["fields"]` naming every field at once, NotAllowed for a grading by hand without the
    right to it.
    """
    place = checked_place(session, known, filing, now=now)
    before = known.filed_before(filing)
    if before is not None:
        return before
    repeated = known.earlier(filing)
    facts = facts_of(filing, place, world, repeated)
    grade = known.grade(facts)
    severity = grade.severity
    if filing.override is not None:
        _check_override(filing.override, grade, viewer, place)
        severity = filing.override.severity
        if severity > grade.severity:
            package = world.releases.current(session).package
            grade = triage.grade(package, facts, tiers=world.tiers, least_severity=severity)
    matter = Matter(filing, place, repeated, facts, grade, severity)
    known.note(matter)
    return matter


def checked_place(session: Session, known: Known, filing: Filing, *, now: datetime | None = None) -> Unit:
    """The place of a filing that nothing is wrong with. Raises Invalid as `take` does."""
    fields: dict[str, dict[str, str]] = {}

    def blame(name: str, zh: str, en: str) -> None:
        fields[name] = {"zh": zh, "en": en}

    for name in ("title", "description", "category", "place_id"):
        if not str(getattr(filing, name) or "").strip():
            blame(name, "此项必填。", "This is required.")
    if filing.channel not in CHANNELS:
        blame("channel", f"没有“{filing.channel}”这个渠道。", f"There is no channel {filing.channel!r}.")
    if filing.kind not in KINDS:
        blame("kind", f"没有“{filing.kind}”这个类型。", f"There is no kind {filing.kind!r}.")
    if "category" not in fields and not CATEGORY.fullmatch(filing.category):
        blame("category", "类别应形如 labour.wages。", "A category looks like labour.wages.")
    if len(filing.title) > 200:
        blame("title", "标题最多 200 个字。", "A title has at most 200 characters.")
    if len(filing.description) > 20_000:
        blame("description", "内容最多 20000 个字。", "A description has at most 20,000 characters.")
    if filing.received_at.tzinfo is None:
        blame("received_at", "时间须带时区。", "The time needs an offset.")
    elif now is not None and filing.received_at > now + AHEAD:
        blame("received_at", "接收时间不能晚于现在。", "It cannot have been received in the future.")
    if filing.override is not None and filing.override.severity not in (1, 2, 3, 4):
        blame("severity", "严重程度为 1 至 4。", "Severity is a number from 1 to 4.")
    if filing.override is not None and not filing.override.reason.strip():
        blame("override_reason", "改动分级须说明理由。", "Changing the grading needs a reason.")
    for (index, name), words in faults_of(session, filing.parties).items():
        fields[f"parties.{index}.{name}"] = dict(words)
    place: Unit | None = None
    if "place_id" not in fields:
        place = known.place(filing.place_id)
        if place is None or place.valid_to is not None or place.tier == OFFICE:
            blame("place_id", f"没有“{filing.place_id}”这个地点。", f"There is no place {filing.place_id!r}.")
    try:
        triage.complete_facts({k: v for k, v in filing.facts.items() if k not in ("kind", "channel")})
    except Invalid as refusal:
        fields.update(refusal.facts["fields"])
    if fields:
        raise Invalid("filing.invalid", f"The report cannot be taken: see {', '.join(sorted(fields))}.", fields=fields)
    assert place is not None
    return place


def facts_of(filing: Filing, place: Unit, world: World, earlier: Sequence[Earlier]) -> dict[str, Any]:
    """What the tables of triage look at."""
    facts = {**filing.facts, "kind": filing.kind, "channel": filing.channel}
    facts.setdefault("building_known", place.tier == world.tiers.lowest)
    if earlier:
        facts["repeat_count"] = max(int(facts.get("repeat_count") or 0), len(earlier) + 1)
    return facts


def _check_override(override: Override, grade: triage.Grade, viewer: Viewer | None, place: Unit) -> None:
    if viewer is None:
        raise NotAllowed("override.nobody", "Only a person may change the grading.")
    viewer.must(
        "case.override_triage_up" if override.severity >= grade.severity else "case.override_triage_down", place.id
    )
