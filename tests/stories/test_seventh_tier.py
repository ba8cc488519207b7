"""A seventh tier is configuration: units one level deeper, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from engine import deploy
from engine.clock import ManualClock
from engine.config import Config, TierConfig, load_config
from engine.main import build
from engine.people import Membership, Person
from engine.store import Store
from engine.territory import Unit
from tests.stories.district import ROOT, District, at

LINE = ("LHQ", "LHQ.MZ", "LHQ.MZ.01", "LHQ.MZ.01.01", "LHQ.MZ.01.01.01", "LHQ.MZ.01.01.01.01", "LHQ.MZ.01.01.01.01.01")


def test_a_case_climbs_seven_tiers(each_store: Store) -> None:
    config = seven_tiers()
    clock = ManualClock(datetime(2025, 3, 3, 1, 0, tzinfo=UTC))
    with each_store.transaction() as session:
        for depth, unit_id in enumerate(LINE):
            tier = config.tiers[len(LINE) - 1 - depth].id
            parent = LINE[depth - 1] if depth else None
            session.add(Unit(id=unit_id, parent_id=parent, tier=tier, seq=1, name_zh=tier, name_en=tier))
            session.flush()
            session.add(Person(id=depth + 1, username=tier, name_zh=tier, name_en=tier))
            session.flush()
            session.add(Membership(person_id=depth + 1, unit_id=unit_id, role="lead"))
        deploy.publish(session, deploy.read_folder(ROOT / "bpmn"), reason="test", actor_id=None, now=clock.now())
    here = District(build(config, clock=clock, store=each_store), clock)
    case = here.file(LINE[-2], grids_spanned=1, building_known=False)
    assert (here.case(case).tier, here.case(case).holder_id) == ("grid", "LHQ.MZ.01.01.01")
    low = here.file(LINE[-1])
    assert (here.case(low).tier, here.case(low).holder_id) == ("building", "LHQ.MZ.01.01.01.01.01")
    here.until("2025-03-04 18:00")
    assert here.case(low).tier == "courtyard"
    assert here.clocks(low)["handle"].due_at == at("2025-03-11 18:00")
    here.until("2025-03-11 18:00")
    assert here.case(low).tier == "grid"
    here.until("2025-05-30 18:00")
    assert [visit.tier for visit in here.visits(low)] == [tier.id for tier in config.tiers]


def seven_tiers() -> Config:
    config = load_config(None, {})
    lowest, *others = config.tiers
    courtyard = TierConfig(id="courtyard", name_zh="院落", name_en="Courtyard")
    return config.model_copy(update={"tiers": (lowest, courtyard, *others)})
