"""What the check says about a whole release: the smallest change to ours that breaks one rule, and hostile files."""

# ruff: noqa: E501 - a case of a table reads best on one line
from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from engine import deploy
from engine.deadlines import parse_length
from engine.deploy.clocks import longest_days
from engine.runtime import Finding

OURS = deploy.read_folder(Path(__file__).parents[3] / "bpmn")
SMALL, MEDIATION, LIMITS, FORM, SIGN = (
    "small/small.bpmn",
    "mediation/mediation.bpmn",
    "small/limits.yaml",
    "small/forms/first_contact.form",
    "forms/sign_in.form",
)
CONTACT = '${due("contact")}'

OF_REASON = '"type": "select",\n      "layout": {\n        "row": "Row_51f6ac3"'
CASES: list[tuple[str, str, str, str, str, str]] = [
    # code, severity, element or place, file, before, after
    ("vocabulary.role", "error", "t_sign_in", SMALL, 'formKey="sign_in" camunda:candidateGroups="lead,', 'formKey="sign_in" camunda:candidateGroups="king,'),
    ("task.form_missing", "error", "t_sign_in", SMALL, 'formKey="sign_in"', 'formKey="sign_out"'),
    ("timer.limit_missing", "error", "be_contact", SMALL, CONTACT, '${due("kontact")}'),
    ("timer.limit_missing", "error", "be_overdue", SMALL, '${due("handle", tier)}', '${due("handel", tier)}'),
    ("task.step_unknown", "warning", "t_sign_in", SMALL, 'name="step" value="ack"', 'name="step" value="akk"'),
    ("expression.syntax", "error", "be_contact", SMALL, CONTACT, "${contact ==}"),
    ("expression.refused", "error", "be_contact", SMALL, CONTACT, "${contact.__class__}"),
    ("expression.function", "error", "be_contact", SMALL, CONTACT, "${open(contact)}"),
    ("bpmn.call_unknown", "error", "ca_joint", SMALL, 'calledElement="p_joint"', 'calledElement="p_gone"'),
    ("bpmn.call_unknown", "error", "s_performance", MEDIATION, ">p_performance<", ">p_gone<"),
    ("timer.length", "error", "be_contact", SMALL, CONTACT, "-P1D"),
    ("timer.never", "warning", "be_contact", SMALL, 'id="be_contact" name="联系超时 / Contact overdue" cancelActivity="false" attachedToRef="t_first_contact"', 'id="be_contact" name="联系超时" cancelActivity="false" attachedToRef="tier_visit"'),
    ("limits.too_long", "warning", "handle", LIMITS, "district: 15wd", "district: 16wd"),
    ("limits.no_default", "warning", "handle", LIMITS, "  default: 5wd\n", ""),
    ("limits.invalid", "error", "contact", LIMITS, "contact: 24h", "contact: -24h"),
    ("limits.invalid", "error", "contact", LIMITS, "contact: 24h", "contact: 0wd"),
    ("limits.invalid", "error", "contact", LIMITS, "contact: 24h", "contact: 24h\ncontact: 5h"),
    ("form.field_read", "error", "action", SIGN, '"key": "action"', '"key": "akshun"'),
    ("form.schema", "error", "", SIGN, '"components"', '"parts"'),
    ("form.schema", "error", "reason_code", SIGN, OF_REASON, OF_REASON.replace("select", "html")),
    ("form.unreadable", "error", "", SIGN, '"key": "reason_code"', '"type": "html", "key": "reason_code"'),
]  # fmt: skip


def changed(file: str, before: str, after: str) -> dict[str, bytes]:
    text = OURS[file].decode()
    assert before in text, before
    files = {**OURS, file: text.replace(before, after).encode()}
    if "tier_visit" in after:  # a reminder as long as the deadline of the same box
        files[SMALL] = files[SMALL].replace(b'${due("contact")}', b'${due("remind", tier)}')
        files[LIMITS] = files[LIMITS] + b"remind:\n  grid: 9wd\n  default: 99wd\n"
    return files


def told(files: dict[str, bytes]) -> list[Finding]:
    return [one for one in deploy.check_release(files) if one.code != "bpmn.not_drawn"]


def test_ours_has_no_findings() -> None:
    assert told(OURS) == []


@pytest.mark.parametrize(
    ("code", "severity", "element", "file", "before", "after"), CASES, ids=[f"{n}:{c[0]}" for n, c in enumerate(CASES)]
)
def test_a_broken_release_is_told_with_file_element_line_and_rule(
    code: str, severity: str, element: str, file: str, before: str, after: str
) -> None:
    found = [one for one in told(changed(file, before, after)) if one.code == code]
    assert (severity, element, file) in {(one.severity, one.element, one.file) for one in found}, found
    assert all(one.line > 0 and one.message.strip() for one in found), found


def test_a_form_that_cannot_be_read_is_there_all_the_same() -> None:
    """Its faults are told at its file; the diagram that names it has none."""
    found = told({**OURS, "small/forms/first_contact.form": b"{}"})
    assert [(one.file, one.code) for one in found] == [("small/forms/first_contact.form", "form.schema")]


def test_thirty_six_working_days_are_never_more_than_sixty_calendar_days() -> None:
    """As the law and the calendars of 2023 to 2026 have it; a ladder is as long as its tiers together."""
    assert longest_days((parse_length("36wd"),))[0] == 60
    assert longest_days((parse_length("37wd"),))[0] == 61
    assert longest_days(tuple(parse_length(f"{n}wd") for n in (1, 2, 3, 5, 10, 15)))[0] == 60


def test_a_table_that_overlaps_or_leaves_a_gap_is_told_with_rows_and_an_example() -> None:
    rule = '<rule id="{0}"><inputEntry id="i{0}"><text>{1}</text></inputEntry><outputEntry id="o{0}"><text>1</text></outputEntry></rule>'

    def table(first: str, second: str) -> list[Finding]:
        rules = rule.format("r1", first) + rule.format("r2", second)
        data = (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
            '<decision id="age" name="Age"><decisionTable id="t" hitPolicy="UNIQUE"><input id="i" label="Age">'
            '<inputExpression id="e" typeRef="integer"><text>age</text></inputExpression></input>'
            f'<output id="o" name="o" typeRef="integer"/>{rules}</decisionTable></decision></definitions>'
        )
        return deploy.check_files({"age.dmn": data.encode()})

    (overlap,) = [one for one in table("&lt;= 5", "&gt;= 5") if one.code == "decision.overlap"]
    assert overlap.message == "Rules 1 and 2 both match when Age = 5, and UNIQUE allows only one."
    (gap,) = [one for one in table("&lt; 5", "&gt; 5") if one.code == "decision.gap"]
    assert gap.message.startswith("No rule matches when Age = 5.")
    assert "Rule " in gap.message


HOSTILE = {
    "a.form": [b'{"components": ' + b"[" * 50_000, b'{"components": [{"type": "textfield", "key": "a", "validate": 7}]}', b"\xff", b" " * 600_000],
    "x/limits.yaml": [b"[" * 20_000, b"a: &x [1]\nb: *x", b"!!python/object/apply:os.system [id]", b"\xff", b"a: 1h\n" * 100_000],
    "x/keywords.yaml": [b"[]", b"a: b", b"{" * 5_000],
}  # fmt: skip


@pytest.mark.parametrize(("path", "data"), [(path, data) for path, many in HOSTILE.items() for data in many])
def test_a_hostile_file_beside_the_models_is_a_finding_at_once(path: str, data: bytes) -> None:
    began = time.process_time()
    assert [one.severity for one in deploy.check_release({path: data})].count("error") >= 1
    assert time.process_time() - began < 3


def test_nothing_done_to_a_form_breaks_the_check() -> None:
    chance = random.Random(5)
    words: list[object] = [None, True, 7, "x", [], {}, [1], {"a": 1}, "${", -1, 1e9]

    def spoil(value: object) -> object:
        if chance.random() < 0.03:
            return chance.choice(words)
        if isinstance(value, dict):
            return {key: spoil(inner) for key, inner in value.items()}
        return [spoil(inner) for inner in value] if isinstance(value, list) else value

    for path, data in OURS.items():
        if path.endswith(".form"):
            for _ in range(10):
                deploy.check_files({path: json.dumps(spoil(json.loads(data))).encode()})


def test_a_scenario_of_the_wrong_shape_has_failed_and_breaks_nothing() -> None:
    loaded = deploy.load(0, {**OURS, "small/scenarios/odd.yaml": b"given: 5\nthen: []\n"})
    (odd,) = [one for one in deploy.play_all(loaded) if "odd" in one.name]
    assert not odd.passed
    assert odd.said
