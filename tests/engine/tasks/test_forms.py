"""Forms: what a `.form` file may say, and how answers are checked against it."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.tasks import Choice, Form, Words, read_form
from engine.tasks.conditions import read_condition

SHANGHAI = ZoneInfo("Asia/Shanghai")


def form(*components: dict[str, Any]) -> Form:
    return read_form("test.form", json.dumps({"id": "test", "type": "default", "components": components}).encode())


OUTCOME = {
    "type": "radio",
    "key": "outcome",
    "label": "结果",
    "properties": {"label_en": "Outcome"},
    "values": [
        {"value": "resolved", "label": "已化解", "label_en": "Resolved"},
        {"value": "joint", "label": "联办", "label_en": "Joint"},
    ],
    "validate": {"required": True},
}
UNITS = {
    "type": "taglist",
    "key": "units",
    "label": "协办单位",
    "valuesKey": "community_units",
    "validate": {"required": True},
    "conditional": {"hide": '=outcome != "joint"'},
}
NOTE = {"type": "textarea", "key": "note", "label": "说明", "validate": {"minLength": 3, "maxLength": 10}}
PEOPLE = {"type": "number", "key": "people", "label": "人数", "validate": {"min": 1, "max": 500}}
MONEY = {"type": "number", "key": "money", "label": "金额", "decimalDigits": 2}
WHEN = {"type": "datetime", "key": "at", "label": "时间", "subtype": "datetime"}
DAY = {"type": "datetime", "key": "day", "label": "日期"}
SURE = {"type": "checkbox", "key": "sure", "label": "确认", "validate": {"required": True}}
LIST = {
    "type": "checklist",
    "key": "list",
    "label": "检查",
    "values": [{"value": v, "label": v} for v in ("a", "b", "c")],
}
PHONE = {"type": "textfield", "key": "phone", "label": "电话", "validate": {"validationType": "phone"}}


@pytest.mark.parametrize(
    ("component", "sent", "answer"),
    [
        (OUTCOME, "joint", "joint"),
        (NOTE, "  三个字\r\n四  ", "三个字\n四"),
        (NOTE, "ab\x00cd", "abcd"),
        (PEOPLE, "12", 12),
        (PEOPLE, 12, 12),
        (PEOPLE, "1e2", 100),
        (MONEY, "12.50", 12.5),
        (WHEN, "2026-11-24T10:30", "2026-11-24T10:30+08:00"),
        (WHEN, "2026-11-24T10:30:00+00:00", "2026-11-24T10:30+00:00"),
        (DAY, "2026-11-24", "2026-11-24"),
        (SURE, "on", True),
        (SURE, True, True),
        (LIST, ["a", "c", "a"], ["a", "c"]),
        (LIST, "b", ["b"]),
        (PHONE, "138 0013 8000", "138 0013 8000"),
    ],
)
def test_an_answer_gets_its_type(component: dict[str, Any], sent: Any, answer: Any) -> None:
    asked = form(component)
    assert asked.check({component["key"]: sent}, zone=SHANGHAI) == {component["key"]: answer}


@pytest.mark.parametrize(
    ("component", "sent", "sentence"),
    [
        (OUTCOME, "", "Please choose."),
        (OUTCOME, None, "Please choose."),
        (OUTCOME, "other", "Choose one of the options."),
        (OUTCOME, ["joint"], "This must be a text."),
        (NOTE, "ab", "At least 3 characters."),
        (NOTE, "一二三四五六七八九十一", "At most 10 characters; these are 11."),
        (PEOPLE, "many", "Write a number."),
        (PEOPLE, "nan", "The number is too large."),
        (PEOPLE, "1e400", "The number is too large."),
        (PEOPLE, 0, "It must be at least 1."),
        (PEOPLE, "501", "It must be at most 500."),
        (PEOPLE, "1.5", "Write a whole number."),
        (PEOPLE, True, "Write a number."),
        (MONEY, "1.234", "At most 2 digits after the point."),
        (WHEN, "yesterday", "Write a valid date or time."),
        (WHEN, "1026-11-24T10:30", "The year must lie between 2000 and 2199."),
        (DAY, "2026-02-30", "Write a valid date or time."),
        (SURE, "", "Please confirm by ticking."),
        (SURE, "maybe", "This can only be ticked or not."),
        (LIST, ["a", "z"], "Choose from the options."),
        (LIST, {"a": 1}, "Choose from the options."),
        (PHONE, "call me", "Write a telephone number."),
    ],
)
def test_a_wrong_answer_is_refused_in_both_languages(component: dict[str, Any], sent: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        form(component).check({component["key"]: sent})
    (said,) = refused.value.facts["fields"].values()
    assert said["en"] == sentence
    assert not said["zh"].isascii()


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        form(OUTCOME, NOTE, PEOPLE).check({"note": "x", "people": "y"})
    assert set(refused.value.facts["fields"]) == {"outcome", "note", "people"}


def test_an_unknown_key_is_refused_and_named() -> None:
    with pytest.raises(Invalid) as refused:
        form(OUTCOME).check({"outcome": "joint", "tier": "district"})
    assert refused.value.code == "form.unknown_fields"
    assert list(refused.value.facts["fields"]) == ["tier"]


def test_a_hidden_field_is_neither_required_nor_taken() -> None:
    asked = form(OUTCOME, UNITS)
    choices = {"community_units": [Choice("L.1", Words("一", "One"))]}
    assert asked.check({"outcome": "resolved", "units": ["L.1"]}, choices=choices) == {"outcome": "resolved"}
    assert asked.check({"outcome": "joint", "units": ["L.1"]}, choices=choices)["units"] == ["L.1"]
    with pytest.raises(Invalid) as refused:
        asked.check({"outcome": "joint"}, choices=choices)
    assert list(refused.value.facts["fields"]) == ["units"]
    with pytest.raises(Invalid):
        asked.check({"outcome": "joint", "units": ["L.2"]}, choices=choices)


def test_what_hangs_on_a_hidden_field_is_hidden_too() -> None:
    yes = [{"value": "yes", "label": "是", "label_en": "Yes"}]
    asked = form(
        {"type": "radio", "key": "a", "label": "甲", "values": yes},
        {"type": "radio", "key": "b", "label": "乙", "values": yes, "conditional": {"hide": '=a != "yes"'}},
        {
            "type": "textfield",
            "key": "c",
            "label": "丙",
            "conditional": {"hide": '=b != "yes"'},
            "validate": {"required": True},
        },
    )
    assert asked.check({"b": "yes", "c": "x"}) == {}


def test_a_group_hides_all_that_stands_in_it() -> None:
    group = {"type": "group", "label": "组", "components": [NOTE], "conditional": {"hide": '=outcome = "joint"'}}
    asked = form(OUTCOME, group)
    assert asked.check({"outcome": "joint", "note": "long enough"}) == {"outcome": "joint"}
    assert asked.check({"outcome": "resolved", "note": "abcd"})["note"] == "abcd"


def test_only_choices_and_numbers_reach_the_diagram() -> None:
    asked = form(OUTCOME, NOTE, PEOPLE, SURE, LIST, PHONE)
    answers = asked.check({"outcome": "joint", "note": "private", "sure": "on", "list": ["a"], "phone": "13800138000"})
    assert asked.variables(answers) == {"outcome": "joint", "people": None, "sure": True, "list": ["a"]}


def test_a_picker_names_documents_of_the_case_and_nothing_else() -> None:
    papers = {"documents": [Choice("7", Words("漏水.jpg", "漏水.jpg"), is_picture=True), Choice("8", Words("a", "a"))]}
    reason = {
        "type": "textfield",
        "key": "reason",
        "label": "依据",
        "conditional": {"hide": "=papers != null"},
        "validate": {"required": True},
    }
    asked = form({"type": "filepicker", "key": "papers", "label": "材料", "multiple": True}, reason)
    assert asked.check({"papers": ["8", "7", "8"]}, choices=papers) == {"papers": ["8", "7"]}
    assert asked.variables({"papers": ["7"]}) == {}
    for raw in ({"papers": ["9"], "reason": "x"}, {"papers": []}, {}):
        with pytest.raises(Invalid):
            asked.check(raw, choices=papers)
    signature = {"type": "filepicker", "key": "s", "label": "签名", "properties": {"drawn": "true"}}
    drawn = form({**signature, "validate": {"required": True}})
    assert drawn.fields["s"].drawn
    with pytest.raises(Invalid) as refused:
        drawn.check({}, choices=papers)
    assert refused.value.facts["fields"]["s"]["en"] == "Please sign."


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ({"type": "table", "key": "x", "label": "x"}, "'table' is not supported"),
        ({"type": "textfield", "key": "a b", "label": "x"}, "must be a word"),
        ({"type": "radio", "key": "x", "label": "x"}, "needs values"),
        ({"type": "radio", "key": "x", "label": "x", "values": [{"label": "a"}]}, "label and a value"),
        ({"type": "taglist", "key": "x", "label": "x", "valuesKey": "people"}, "'people' is not one of"),
        ({"type": "textfield", "key": "x", "label": "x", "validate": {"always": 1}}, "'always' is not supported"),
        ({"type": "textfield", "key": "x", "label": "x", "validate": {"pattern": "("}}, "pattern cannot be read"),
        ({"type": "textfield", "key": "x", "label": "x", "validate": {"pattern": "(a+)+$"}}, "repeats a bracket"),
        ({"type": "textfield", "key": "x", "label": "x", "conditional": {"hide": "=a +"}}, "cannot be read"),
        ({"type": "datetime", "key": "x", "label": "x", "subtype": "week"}, "'week' is not"),
        ({"type": "number", "key": "x", "label": "x", "validate": {"min": "十"}}, "'min' needs a number, not '十'"),
        ({"type": "number", "key": "x", "label": "x", "validate": {"max": "nan"}}, "'max' needs a number"),
        ({"type": "number", "key": "x", "label": "x", "decimalDigits": "abc"}, "'decimalDigits' needs a number"),
        ({"type": "textfield", "key": "x", "label": "x", "validate": {"minLength": []}}, "'minLength' needs a number"),
        ({"type": "number", "key": "x", "label": "x", "validate": {"min": 10, "max": 2}}, "at least 10 and at most 2"),
        ({"type": "textfield", "key": "x", "label": "x", "validate": {"minLength": 201}}, "least 201 and at most 200"),
    ],
)
def test_a_file_outside_the_subset_is_refused_by_name(component: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        form(component)


def test_a_file_that_is_no_form_is_refused() -> None:
    for data in (b"", b"{", b"[]", b'{"components": 3}', b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(Invalid):
            read_form("x.form", data)


def test_findings_name_missing_words_and_unknown_names() -> None:
    unlabelled = {"type": "textfield", "key": "x", "label": "甲", "conditional": {"hide": "=nobody = 1"}}
    assert [(place, code) for place, code, _ in form(OUTCOME, unlabelled).findings()] == [
        ("x", "form.condition_name"),
        ("x", "form.label_en"),
    ]
    assert [code for _, code, _ in form({"type": "textfield", "key": "x"}).findings()] == ["form.label"]


@pytest.mark.parametrize(
    ("text", "answers", "holds"),
    [
        ('=a = "x"', {"a": "x"}, True),
        ('=a = "x"', {}, False),
        ('=a != "x"', {}, True),
        ("=a = null", {}, True),
        ("=n > 3 and n <= 5", {"n": 5}, True),
        ("=n > 3", {"n": "5"}, False),
        ("=n = 1", {"n": True}, False),
        ("=not(sure)", {"sure": False}, True),
        ("=sure or n = 2", {"n": 2}, True),
        ('=list contains(tags, "a")', {"tags": ["a"]}, True),
        ('=not(list contains(tags, "a"))', {}, True),
        ("=(a = 1 or b = 1) and c = 1", {"b": 1, "c": 1}, True),
    ],
)
def test_conditions(text: str, answers: dict[str, Any], holds: bool) -> None:
    assert read_condition(text).holds(answers) is holds


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        condition = read_condition(text)
    except Invalid:
        return
    json.dumps(condition.tree)
    assert condition.holds({}) in (True, False)
