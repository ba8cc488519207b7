"""The check against files nobody wrote for it: other projects' models, hostile ones, broken variations of sound ones."""
# ruff: noqa: E501 - a case of a table reads best on one line

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import pytest
from lxml import etree

from engine.errors import Invalid
from engine.runtime import compile_package
from engine.runtime.check import check
from engine.runtime.values import Finding
from engine.vocabulary import WORDS, Vocabulary

ROOT = Path(__file__).parents[3]
CONFORMANCE = ROOT.parent / "shared" / "conformance"
NO_WORDS = Vocabulary({}, {}, {}, {}, {})
OUTSIDE = pytest.mark.skipif(not CONFORMANCE.exists(), reason="other projects' models lie beside the repository")
OURS = sorted(ROOT.glob("bpmn/**/*.bpmn")) + sorted(ROOT.glob("bpmn/**/*.dmn"))
THEIRS = sorted(path for path in CONFORMANCE.rglob("*.bpmn*"))

# What makes a model of another project unfit, by the code that must be among its errors. All others must be clean but
# for words of that project's own (scripts, services, Java conditions), and for not being marked as executable.
REFUSED = {
    "Token_StartQuantity_Zero.bpmn": "bpmn.quantity",
    "Signal_EndEvent.bpmn": "bpmn.event_place",
    "BPMN2-BusinessCalendarTimer.bpmn2": "bpmn.data_association",
    "BPMN2-EscalationBoundaryEventOnTaskInterrupting.bpmn2": "bpmn.data_association",
    "BPMN2-Multiescalation.bpmn2": "bpmn.duplicate_id",
    "BPMN2-UserTaskWithSLA.bpmn2": "extension.engine",
    "BPMN2-UserTaskWithSLAOnTask.bpmn2": "extension.engine",
    "Simulator.event-sub-process-cancelation.bpmn": "bpmn.event_without_name",
    "Simulator.signal-end-event-trigger-event-sub-process-interrupting.bpmn": "bpmn.event_without_name",
    "Simulator.signal-trigger-event-based-gateway.bpmn": "bpmn.event_gateway",
    "Simulator.terminate-nested-scopes.bpmn": "expression.empty",
}
INVALID = {
    "EXT094_3_failure_singleEscalationEvent.bpmn": ("_5", "bpmn.payload_type"),
    "EXT098_4_fail_escalation.bpmn": ("_2", "bpmn.event_place"),
    "EXT098_5_fail_escalation_ref.bpmn": ("_2", "bpmn.event_place"),
    "EXT110_1_failure_cancel_link.bpmn": ("_7", "bpmn.event_place"),
    "EXT138_2_failure_invalidTaskType.bpmn": ("_7", "bpmn.event_gateway_target"),
    "EXT148_4_failure_escalationCatch.bpmn": ("_3", "bpmn.event_place"),
}
THEIR_WORDS = {
    "script.line",
    "script.language",
    "expression.refused",
    "bpmn.nothing_executable",
}


def errors(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(one.element, one.code) for one in findings if one.severity == "error"}


@OUTSIDE
def test_every_model_that_must_be_refused_is_refused_with_element_and_rule() -> None:
    cases = json.loads((CONFORMANCE / "manifest.json").read_text(encoding="utf-8"))["cases"]
    must = {Path(file).name for case in cases for file in case["files"] if file.startswith("betsy_invalid/")}
    assert must == set(INVALID)
    for name, expected in INVALID.items():
        told = errors(check({name: (CONFORMANCE / "betsy_invalid" / name).read_bytes()}, NO_WORDS))
        assert expected in told, name


@OUTSIDE
@pytest.mark.parametrize("path", [path for path in THEIRS if path.parent.name != "betsy_invalid"], ids=lambda p: p.name)
def test_every_other_model_is_clean_or_refused_for_a_declared_reason(path: Path) -> None:
    told = {code for _, code in errors(check({path.name: path.read_bytes()}, NO_WORDS))} - THEIR_WORDS
    if path.name in REFUSED:
        assert REFUSED[path.name] in told
    else:
        assert told == set()


def test_our_own_release_is_clean_and_compiles() -> None:
    files = {str(path.relative_to(ROOT / "bpmn")): path.read_bytes() for path in OURS}
    assert "case/triage.dmn" in files
    assert [one for one in check(files, WORDS) if one.severity == "error"] == []
    if any(name.endswith(".bpmn") for name in files):
        compile_package(files, WORDS)


@OUTSIDE
def test_what_the_check_lets_through_compiles() -> None:
    compiled = 0
    for path in THEIRS:
        files = {path.name: path.read_bytes()}
        if errors(check(files, NO_WORDS)):
            continue
        try:
            compile_package(files, NO_WORDS)
        except Invalid as refused:
            pytest.fail(f"{path.name}: {refused.facts.get('findings')}")
        compiled += 1
    assert compiled > 5


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.bpmn", b"", "xml.empty"),
        ("a.bpmn", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "xml.doctype"),
        ("a.bpmn", b"<a>" * 100_000, "xml.too_deep"),
        ("a.bpmn", b"\x00\x01", "xml.characters"),
        ("a.dmn", b"not xml", "xml.malformed"),
        ("a.bpmn", b"<html/>", "xml.not_a_model"),
        ("a.bpmn", b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "bpmn.no_process"),
        ("a.xml", b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "decision.none"),
        ("noending", b"<", "xml.malformed"),
    ],
)  # fmt: skip
def test_an_unreadable_file_is_one_error(name: str, data: bytes, code: str) -> None:
    findings = check({name: data}, WORDS)
    assert [(one.file, one.code, one.severity) for one in findings] == [(name, code, "error")]
    assert check({"limits.yaml": b"\xff", "forms/x.form": b"{"}, WORDS) == []


def test_nothing_that_can_be_done_to_a_file_breaks_the_check() -> None:
    """Seeded mutations: elements deleted, doubled, moved and renamed, attributes dropped, swapped and emptied."""
    chance = random.Random(7)
    sources = [path.read_bytes() for path in OURS + THEIRS]
    told: set[str] = set()
    for round_ in range(200):
        root = etree.fromstring(chance.choice(sources), etree.XMLParser(resolve_entities=False))
        for _ in range(chance.randint(1, 5)):
            _mutate(chance, root)
        findings = check({f"m{round_}.bpmn": etree.tostring(root)}, WORDS)
        assert findings == sorted(findings)
        assert all(one.code and one.message and one.line >= 0 for one in findings)
        told |= {one.code for one in findings}
    assert len(told) > 25


def test_whatever_the_check_lets_through_compiles() -> None:
    """The check and the compiler read by themselves; what one lets through the other must take."""
    chance = random.Random(11)
    sources = [path.read_bytes() for path in OURS + THEIRS if path.suffix != ".dmn" and path.stat().st_size < 12_000]
    compiled = 0
    for _ in range(200):
        root = etree.fromstring(chance.choice(sources), etree.XMLParser(resolve_entities=False))
        _mutate(chance, root)
        files = {"m.bpmn": etree.tostring(root), "triage.dmn": (ROOT / "bpmn" / "case" / "triage.dmn").read_bytes()}
        findings = check(files, WORDS)
        if errors(findings) or any(one.code == "bpmn.call_unknown" for one in findings):
            continue
        compile_package(files, WORDS)
        compiled += 1
    assert compiled > 20


def _mutate(chance: random.Random, root: etree._Element) -> None:
    elements = [one for one in root.iter() if isinstance(one.tag, str) and one is not root]
    if len(elements) < 2:
        return
    one, other = chance.sample(elements, 2)
    match chance.randrange(7):
        case 0:
            one.getparent().remove(one)  # type: ignore[union-attr]
        case 1:
            root.append(copy.deepcopy(one))
        case 2 if one not in other.iterancestors():
            other.append(one)
        case 3:
            one.tag = other.tag
        case 4 if one.attrib:
            del one.attrib[chance.choice(list(one.attrib))]
        case 5 if one.attrib and other.attrib:
            one.set(chance.choice(list(one.attrib)), chance.choice(list(other.attrib.values())))
        case _:
            one.text = chance.choice([None, "", "${", "x = = 1", "P1D", "R/PT0S", "[5..", "true"])
