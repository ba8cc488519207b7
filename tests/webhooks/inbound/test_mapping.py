"""Rules of a source turn what was sent into our form, or say what is wrong: where in it, and for which field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.config import SourceConfig
from engine.errors import Invalid
from webhooks.inbound import Draft, draft_of

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SHENZHEN = ZoneInfo("Asia/Shanghai")
GOOD = {
    "external_no": {"path": "/no"},
    "kind": {"value": "complaint"},
    "category": {"value": "noise.social"},
    "title": {"path": "/title"},
    "description": {"path": "/words"},
    "place_id": {"value": "LHQ"},
}
SENT = {"no": "7", "title": "噪音", "words": "很吵"}


def drafted(rules: dict[str, Any], sent: dict[str, Any], **more: Any) -> Draft:
    given = {
        "name": "them",
        "channel": "webhook",
        "signature": {"scheme": "token", "secret_env": "A_SECRET"},
        "map": {**GOOD, **rules},
        **more,
    }
    return draft_of(SourceConfig.model_validate_json(json.dumps(given)), {**SENT, **sent}, now=NOW, zone=SHENZHEN)


def faults(rules: dict[str, Any], sent: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        drafted(rules, sent)
    assert refused.value.code == "inbound.invalid"
    return [(each["path"], each["field"]) for each in refused.value.facts["faults"]]


TEXTS = [
    # rule of the title, what was sent, what becomes of it
    ({"path": "/title"}, {}, "噪音"),
    ({"path": ["/subject", "/title"]}, {}, "噪音"),
    ({"path": ["/subject", "/title"]}, {"subject": " 夜间 "}, "夜间"),
    ({"path": ["/title", "/words"], "join": "："}, {}, "噪音：很吵"),
    ({"path": "/subject", "default": "无题"}, {}, "无题"),
    ({"path": "/subject", "default": "无题"}, {"subject": "  "}, "无题"),
    ({"path": "/words", "cut": 3}, {"words": "一二三四五"}, "一二…"),
    ({"path": "/code", "values": {"1": "噪音", "true": "是"}}, {"code": 1}, "噪音"),
    ({"path": "/code", "values": {"1": "噪音", "true": "是"}}, {"code": True}, "是"),
    ({"path": "/code", "values": {"1": "噪音"}, "default": "其他"}, {"code": "9"}, "其他"),
    ({"path": "/list"}, {"list": ["甲", "乙"]}, "甲、乙"),
]


@pytest.mark.parametrize(("rule", "sent", "becomes"), TEXTS)
def test_a_rule_says_what_becomes_of_a_value(rule: dict[str, Any], sent: dict[str, Any], becomes: str) -> None:
    assert drafted({"title": rule}, sent).fields["title"] == becomes


@pytest.mark.parametrize(
    ("rule", "written", "instant"),
    [
        ({}, "2026-03-02T08:41:07+08:00", "2026-03-02T00:41:07+00:00"),
        ({}, "2026-03-02T08:41:07Z", "2026-03-02T08:41:07+00:00"),
        ({}, "2026-03-02 08:41:07", "2026-03-02T00:41:07+00:00"),
        ({"zone": "UTC"}, "2026-03-02 08:41:07", "2026-03-02T08:41:07+00:00"),
        ({"format": "%Y年%m月%d日 %H:%M"}, "2026年03月02日 08:41", "2026-03-02T00:41:00+00:00"),
        ({"format": "%d/%m/%Y %H:%M %z"}, "02/03/2026 08:41 +0900", "2026-03-01T23:41:00+00:00"),
        ({"format": "unix"}, 1772412067, "2026-03-02T00:41:07+00:00"),
        ({"format": "unix_ms"}, "1772412067500", "2026-03-02T00:41:07.500000+00:00"),
    ],
)
def test_an_instant_is_read_in_its_zone(rule: dict[str, Any], written: Any, instant: str) -> None:
    draft = drafted({"received_at": {"path": "/at", **rule}}, {"at": written})
    assert draft.fields["received_at"].isoformat() == instant


def test_versions_sort_as_they_follow_each_other() -> None:
    number = {"version": {"path": "/v", "kind": "number"}}
    numbers = [drafted(number, {"v": each}).version for each in (0, "7", 10, "999999999999999999")]
    instant = {"version": {"path": "/v"}}
    written = ("2026-03-02T08:00:00+08:00", "2026-03-02T00:00:00.000001Z", "2026-03-02T08:00:01+08:00")
    instants = [drafted(instant, {"v": each}).version for each in written]
    for versions in (numbers, instants):
        assert versions == sorted(versions, key=str)
        assert len(set(versions)) == len(versions)


def test_facts_and_parties_take_the_types_they_need() -> None:
    draft = drafted(
        {
            "facts": {
                "people_count": {"path": "/count"},
                "simple_ok": {"path": "/simple"},
                "injury": {"path": "/hurt"},
            },
            "anonymous": {"path": "/secret"},
            "parties": [
                {
                    "role": "applicant",
                    "name": {"path": "/who"},
                    "phone": {"path": "/tel"},
                    "protected": {"value": True},
                },
                {"role": "respondent", "name": {"path": "/whom"}, "type": {"value": "org"}},
                {"role": "witness", "name": {"path": "/nobody"}},
            ],
        },
        {"count": "12", "simple": "是", "hurt": "minor", "secret": "否", "tel": "138", "whom": "某公司"},
    )
    assert draft.fields["facts"] == {"people_count": 12, "simple_ok": True, "injury": "minor"}
    assert draft.fields["anonymous"] is False
    applicant, respondent = draft.fields["parties"]
    assert (applicant.name, applicant.phone, applicant.protected) == ("诉求人", "138", True)
    assert (respondent.name, respondent.type) == ("某公司", "org")


@pytest.mark.parametrize(
    ("rules", "sent", "found"),
    [
        ({}, {"title": None}, [("/title", "title")]),
        ({}, {"no": "", "words": {"not": "text"}}, [("/no", "external_no"), ("/words", "description")]),
        ({}, {"no": "x" * 81}, [("/no", "external_no")]),
        ({"kind": {"path": "/k", "values": {"1": "help"}}}, {"k": "2"}, [("/k", "kind")]),
        ({"received_at": {"path": "/at"}}, {"at": "gestern"}, [("/at", "received_at")]),
        ({"received_at": {"path": "/at", "format": "unix"}}, {"at": "9" * 30}, [("/at", "received_at")]),
        ({"version": {"path": "/v", "kind": "number"}}, {"v": "-1"}, [("/v", "version")]),
        ({"version": {"path": "/v"}}, {}, [("/v", "version")]),
        ({"facts": {"people_count": {"path": "/n"}}}, {"n": "many"}, [("/n", "facts.people_count")]),
        ({"anonymous": {"path": "/a"}}, {"a": "perhaps"}, [("/a", "anonymous")]),
        ({"place_id": {"path": "/p"}}, {}, [("/p", "place_id")]),
    ],
)
def test_every_fault_names_both_ends(rules: dict[str, Any], sent: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert faults(rules, sent) == found


def test_nothing_that_no_rule_names_is_read() -> None:
    sent = {"severity": 4, "override": {"severity": 4}, "tier": "district", "state": "closed", "confidential": True}
    assert drafted({}, sent) == drafted({}, {})


def test_a_fault_repeats_no_value_of_theirs_but_words_for_a_value_map() -> None:
    with pytest.raises(Invalid) as refused:
        drafted(
            {"received_at": {"path": "/at"}, "kind": {"path": "/k", "values": {}}}, {"at": "13800138000", "k": "X9"}
        )
    said = str(refused.value.facts)
    assert "13800138000" not in said
    assert "X9" in said
