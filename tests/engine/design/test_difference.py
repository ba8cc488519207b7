"""What differs is said, all of it, and nothing else."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from engine import deploy, design, runtime
from engine.design import Aspect, Change, What, difference
from engine.design.difference.compare import compare
from engine.design.difference.models import parts_of_model
from tests.stories.district import ROOT

FILES = deploy.read_folder(ROOT / "bpmn")
MODELS = sorted(path for path in FILES if path.endswith((".bpmn", ".dmn")))
SMALL = "small/small.bpmn"
WAS, NOW = "学位, 入学, 招生, admission", "学位, 招生, admission"


def with_(path: str, before: str, after: str) -> dict[str, bytes]:
    text = FILES[path].decode()
    assert before in text
    return {**FILES, path: text.replace(before, after, 1).encode()}


def test_nothing_differs_from_itself() -> None:
    assert difference(FILES, FILES) == ()
    assert difference(FILES, dict(reversed(FILES.items()))) == ()


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        ("small/limits.yaml", "grid: 2wd", "grid: 1wd", ("changed", "handle.grid", "limit", "", "2wd", "1wd")),
        ("small/limits.yaml", "  grid: 2wd\n", "", ("removed", "handle.grid", None, "", "2wd", "")),
        ("small/limits.yaml", "ack:", "ack_2: 3wd\nack:", ("added", "ack_2.default", None, "", "", "3wd")),
        ("small/limits.yaml", "# volunteers", "# all volunteers", ("changed", "", "text", "", "", "")),
        (
            SMALL,
            'candidateGroups="lead,deputy,handler"',
            'candidateGroups="lead"',
            ("changed", "t_sign_in", "role", "", "lead,deputy,handler", "lead"),
        ),
        (SMALL, 'formKey="sign_in"', 'formKey="resolve"', ("changed", "t_sign_in", "form", "", "sign_in", "resolve")),
        (
            SMALL,
            '${due("contact")}',
            '${due("ack", tier)}',
            (
                "changed",
                "be_contact",
                "timer",
                "timerEventDefinition/timeDuration",
                '${due("contact")}',
                '${due("ack", tier)}',
            ),
        ),
        (SMALL, 'value="ack" />', 'value="contact" />', ("changed", "t_sign_in", "step", "", "ack", "contact")),
        (
            SMALL,
            ">ack_overdue<",
            ">ack_late<",
            ("changed", "s_tell_ack", "parameter", "what", "ack_overdue", "ack_late"),
        ),
        (
            "case/triage.dmn",
            "[5..29]",
            "[5..19]",
            ("changed", "d_severity_02", "cell", "人数 People", "[5..29]", "[5..19]"),
        ),
        (
            "forms/sign_in.form",
            '"What you do"',
            '"Your answer"',
            ("changed", "action", "label", "", "What you do", "Your answer"),
        ),
        ("case/keywords.yaml", "[学位, 入学, ", "[学位, ", ("changed", "education.admission", "words", "", WAS, NOW)),
    ],
)
def test_one_change_is_said_in_its_own_words(path: str, before: str, after: str, said: Any) -> None:
    found = difference(FILES, with_(path, before, after))
    assert {each.file for each in found} == {path}
    assert [(each.what, each.key, each.aspect, each.detail, each.before, each.after) for each in found] == [said]


def test_an_element_put_in_is_said_once_with_its_flow() -> None:
    node = '<bpmn:userTask id="t_new" name="新 / New"><bpmn:incoming>f_new</bpmn:incoming></bpmn:userTask>'
    flow = '<bpmn:sequenceFlow id="f_new" sourceRef="gw_handle" targetRef="t_new" />'
    after = with_(SMALL, '<bpmn:userTask id="t_sign_in"', f'{node}{flow}<bpmn:userTask id="t_sign_in"')
    text = (
        after[SMALL]
        .decode()
        .replace(
            "<bpmn:outgoing>f_gw_handle__t_handle",
            "<bpmn:outgoing>f_new</bpmn:outgoing><bpmn:outgoing>f_gw_handle__t_handle",
        )
    )
    after[SMALL] = text.replace(
        "<bpmn:flowNodeRef>tier_visit", "<bpmn:flowNodeRef>t_new</bpmn:flowNodeRef><bpmn:flowNodeRef>tier_visit"
    ).encode()
    found = difference(FILES, after)
    assert [(each.what, each.key, each.kind) for each in found] == [
        (What.ADDED, "t_new", "userTask"),
        (What.ADDED, "f_new", "sequenceFlow"),
    ]
    assert [(each.what, each.key) for each in difference(after, FILES)] == [
        (What.REMOVED, "t_new"),
        (What.REMOVED, "f_new"),
    ]
    assert design.marks(found, SMALL, What.REMOVED) == {"t_new": "added", "f_new": "added"}
    assert design.marks(found, SMALL, What.ADDED) == {}


def test_a_shifted_box_is_moved_and_nothing_else() -> None:
    moved = re.sub(r'(bpmnElement="t_handle"[^>]*>\s*<dc:Bounds x=")\d+', r"\g<1>7", FILES[SMALL].decode(), count=1)
    found = difference(FILES, {**FILES, SMALL: moved.encode()})
    assert [(each.what, each.key, each.aspect) for each in found] == [(What.MOVED, "t_handle", Aspect.DRAWING)]


def test_rows_and_fields_in_another_order_are_said() -> None:
    root = etree.fromstring(FILES["case/triage.dmn"])
    rule = next(each for each in root.iter() if each.get("id") == "d_severity_02")
    rule.getparent().append(rule)
    found = difference(FILES, {**FILES, "case/triage.dmn": etree.tostring(root)})
    assert [(each.what, each.key, each.aspect) for each in found] == [(What.MOVED, "d_severity_02", Aspect.ORDER)]


@pytest.mark.parametrize("path", MODELS)
def test_no_attribute_of_our_models_changes_in_silence(path: str) -> None:
    """One of every sort, and thirty more drawn by lot."""
    root = runtime.read_xml(path, FILES[path])
    whole = parts_of_model(root)
    every = [(node, name) for node in root.iter() if isinstance(node.tag, str) for name in node.attrib]
    sorts = {(node.tag, name): (node, name) for node, name in every}
    for node, name in [*sorts.values(), *random.Random(4).sample(every, 30)]:
        value = node.get(name)
        node.set(name, f"{value}x")
        assert list(compare(path, whole, parts_of_model(root))), (node.tag, name, value)
        node.set(name, value)
    assert list(compare(path, whole, parts_of_model(root))) == []


@pytest.mark.parametrize("path", MODELS)
def test_no_text_of_our_models_changes_in_silence(path: str) -> None:
    root = runtime.read_xml(path, FILES[path])
    whole = parts_of_model(root)
    every = [node for node in root.iter() if isinstance(node.tag, str) and (node.text or "").strip()]
    for node in random.Random(5).sample(every, min(15, len(every))):
        text, node.text = node.text, f"{node.text}x"
        assert list(compare(path, whole, parts_of_model(root))), (node.tag, text)
        node.text = text


@pytest.mark.parametrize("path", sorted(path for path in FILES if path.endswith(".form")))
def test_no_value_of_our_forms_changes_in_silence(path: str) -> None:
    schema = json.loads(FILES[path])
    before = {path: json.dumps(schema).encode()}
    places = list(_leaves(schema, ()))
    for place in random.Random(6).sample(places, min(40, len(places))):
        changed = copy.deepcopy(schema)
        inner: Any = changed
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = "other" if inner[place[-1]] != "other" else "another"
        found = difference(before, {path: json.dumps(changed).encode()})
        assert found, place
        assert all(each.aspect is not Aspect.TEXT for each in found), place


def _leaves(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(each, (*place, key))
    else:
        yield place


@pytest.mark.parametrize("broken", [b"", b"<a", b"\xff", b"[1]", b"- x\n", b"{"])
def test_what_cannot_be_read_is_a_change_of_the_file(broken: bytes) -> None:
    for path in (SMALL, "small/limits.yaml", "forms/handle.form", "case/keywords.yaml"):
        found = difference(FILES, {**FILES, path: broken})
        assert found
        assert all(isinstance(each, Change) and each.file == path for each in found)
