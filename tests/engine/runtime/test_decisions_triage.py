"""The product's own triage tables: every rule fires where its words say, and the sample cases come out right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.runtime.decisions import Decisions, load_decisions

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT.parent / "shared" / "domain" / "samples.yaml"
DEFAULTS: dict[str, Any] = {
    "kind": "dispute",
    "channel": "qr",
    "people_count": 1,
    "amount_cny": 0,
    "injury": "none",
    "risk": "none",
    "opinion_level": "none",
    "repeat_count": 0,
    "departments": 1,
    "communities_spanned": 1,
    "streets_spanned": 1,
    "grids_spanned": 1,
    "building_known": False,
    "legal_route_pending": False,
    "simple_ok": False,
    "complex": False,
    "backlog_batch": "",
}


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    return load_decisions({"case/triage.dmn": (ROOT / "bpmn" / "case" / "triage.dmn").read_bytes()})


def graded(decisions: Decisions, facts: dict[str, Any]) -> dict[str, Any]:
    data = DEFAULTS | facts
    given = {
        name: next(iter(decisions.decide(decision, data).values[0].values()))
        for name, decision in (
            ("severity", "d_severity"),
            ("size", "d_size"),
            ("track", "d_track"),
            ("initial_tier", "d_tier"),
            ("urgent", "d_urgent"),
        )
    }
    given["reasons"] = [hit.rule_id for hit in decisions.decide("d_severity", data).hits]
    return given


VECTORS: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    # facts                                                  severity, size, track, tier, urgent, reasons beside R01
    ({}, (1, "small", "dispute_small", "grid", False)),
    ({"building_known": True}, (1, "small", "dispute_small", "building", False)),
    ({"building_known": True, "grids_spanned": 2}, (1, "small", "dispute_small", "zone", False)),
    ({"people_count": 4}, (1, "small", "dispute_small", "grid", False)),
    ({"people_count": 5}, (2, "small", "dispute_small", "community", False, "R02_people_5_29")),
    ({"people_count": 29}, (2, "small", "dispute_small", "community", False, "R02_people_5_29")),
    ({"people_count": 30}, (3, "big", "dispute_big", "street", False, "R03_people_30_99")),
    ({"people_count": 99}, (3, "big", "dispute_big", "street", False, "R03_people_30_99")),
    ({"people_count": 100}, (4, "big", "dispute_big", "district", True, "R04_people_100")),
    ({"amount_cny": 49_999.99}, (1, "small", "dispute_small", "grid", False)),
    ({"amount_cny": 50_000}, (2, "small", "dispute_small", "community", False, "R05_amount_50k")),
    ({"amount_cny": 999_999.99}, (2, "small", "dispute_small", "community", False, "R05_amount_50k")),
    ({"amount_cny": 1_000_000}, (3, "big", "dispute_big", "street", False, "R06_amount_1m")),
    ({"amount_cny": 10_000_000}, (4, "big", "dispute_big", "district", True, "R07_amount_10m")),
    ({"injury": "minor"}, (2, "small", "dispute_small", "community", False, "R08_injury")),
    ({"injury": "serious"}, (3, "big", "dispute_big", "street", True, "R08_injury")),
    ({"injury": "fatal"}, (4, "big", "dispute_big", "district", True, "R08_injury")),
    ({"repeat_count": 1}, (1, "small", "dispute_small", "grid", False)),
    ({"repeat_count": 2}, (2, "big", "dispute_big", "community", False, "R09_repeat_2_3")),
    ({"repeat_count": 4}, (3, "big", "dispute_big", "street", False, "R10_repeat_4")),
    ({"departments": 2}, (2, "big", "dispute_big", "community", False, "R11_departments_2")),
    ({"departments": 3}, (3, "big", "dispute_big", "street", False, "R12_departments_3")),
    ({"communities_spanned": 2}, (2, "small", "dispute_small", "community", False, "R13_cross_community")),
    (
        {"communities_spanned": 2, "departments": 2},
        (2, "big", "dispute_big", "street", False, "R11_departments_2", "R13_cross_community"),
    ),
    ({"streets_spanned": 2}, (3, "big", "dispute_big", "district", False, "R14_cross_street")),
    ({"opinion_level": "local"}, (2, "small", "dispute_small", "community", False, "R15_public_opinion")),
    ({"opinion_level": "hot"}, (3, "big", "dispute_big", "street", False, "R15_public_opinion")),
    ({"opinion_level": "national"}, (4, "big", "dispute_big", "district", True, "R15_public_opinion")),
    ({"risk": "vulnerable"}, (2, "small", "dispute_small", "community", False, "R16_risk")),
    ({"risk": "legacy_issue"}, (3, "big", "dispute_big", "street", False, "R16_risk")),
    ({"risk": "mass_gathering"}, (3, "big", "dispute_big", "street", True, "R16_risk")),
    ({"risk": "extreme_act"}, (4, "big", "dispute_big", "district", True, "R16_risk")),
    ({"kind": "emergency", "injury": "fatal"}, (4, "big", "emergency_transfer", "grid", True, "R08_injury")),
    ({"kind": "misconduct", "legal_route_pending": True}, (1, "small", "discipline_transfer", "district", False)),
    ({"kind": "petition", "legal_route_pending": True}, (1, "small", "legal_referral", "district", False)),
    ({"kind": "consult", "people_count": 30}, (3, "big", "consult", "community", False, "R03_people_30_99")),
    ({"complex": True}, (1, "big", "dispute_big", "district", False)),
    ({"complex": True, "kind": "consult"}, (1, "big", "consult", "community", False)),
    ({"kind": "suggestion"}, (1, "small", "suggestion", "community", False)),
    ({"channel": "inspection", "backlog_batch": "1"}, (1, "small", "proactive", "grid", False)),
    ({"channel": "leader_reception", "backlog_batch": "1"}, (1, "small", "backlog", "district", False)),
    ({"channel": "leader_reception", "kind": "petition"}, (1, "small", "reception", "district", False)),
    ({"kind": "petition", "simple_ok": True}, (1, "small", "petition_simple", "district", False)),
    ({"kind": "petition"}, (1, "small", "petition", "district", False)),
]


@pytest.mark.parametrize(("facts", "expected"), VECTORS, ids=[str(facts) for facts, _ in VECTORS])
def test_each_rule_grades_as_its_words_say(
    decisions: Decisions, facts: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    severity, size, track, tier, urgent, *reasons = expected
    assert graded(decisions, facts) == {
        "severity": severity,
        "size": size,
        "track": track,
        "initial_tier": tier,
        "urgent": urgent,
        "reasons": ["R01_base", *reasons],
    }


def test_a_severity_set_by_a_person_is_not_graded_anew(decisions: Decisions) -> None:
    assert decisions.decide("d_size", DEFAULTS | {"severity": 3}).values == ({"size": "big"},)
    assert decisions.decide("d_tier", DEFAULTS | {"severity": 4}).values == ({"tier": "district"},)


def test_every_rule_has_a_name_and_words_in_both_languages(decisions: Decisions) -> None:
    for facts, _ in VECTORS:
        for decision in decisions.ids():
            for hit in decisions.decide(decision, DEFAULTS | facts).hits:
                chinese, slash, english = hit.annotation.partition(" / ")
                assert slash, hit
                assert english.isascii(), hit
                assert not chinese.isascii(), hit


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample cases lie beside the repository")
def test_all_sample_cases_are_graded_as_expected(decisions: Decisions) -> None:
    cases = yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))["cases"]
    wrong = {}
    for case in cases:
        found = graded(decisions, {"channel": case["channel"]} | case["facts"])
        if found != case["expected"]["triage"]:
            wrong[case["id"]] = (found, case["expected"]["triage"])
    assert len(cases) == 35
    assert not wrong
