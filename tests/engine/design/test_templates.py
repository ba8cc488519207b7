"""Element templates offer what the vocabulary has and the check accepts, in the format of Camunda 7."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine import deploy, design
from engine.design.template_words import CHOICES, MESSAGES, PARAMETERS, SERVICES
from engine.vocabulary import TASK_REASONS, WORDS
from engine.web import words
from tests.browser import leave_out

ROOT = Path(__file__).parents[3]
FRONTEND = ROOT / "engine" / "web" / "frontend"
TIERS = {"building": ("楼栋", "Building"), "grid": ("网格", "Grid")}
FILES = deploy.read_folder(ROOT / "bpmn")
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"


def all_templates(locale: str = "zh_CN") -> dict[str, dict[str, Any]]:
    made = design.templates_for(FILES, "small/small.bpmn", tiers=TIERS, locale=locale)
    return {each["id"].removeprefix("maplebridge."): each for each in made}


def field(template: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in template["properties"] if each["binding"].get("name") == name)


def test_words_of_templates_are_those_of_the_vocabulary() -> None:
    assert set(SERVICES) == set(WORDS.services)
    assert set(MESSAGES) == set(WORDS.messages)
    params = {(name, key) for name, service in WORDS.services.items() for key in service.params}
    assert set(PARAMETERS) == {key for _name, key in params}
    assert set(CHOICES) <= params


def test_every_service_has_a_template_with_what_it_asks_for() -> None:
    made = all_templates()
    for name, service in WORDS.services.items():
        template = made[f"service.{name}"]
        assert field(template, "camunda:topic")["value"] == name
        for key, required in service.params.items():
            assert field(template, key).get("constraints", {}).get("notEmpty", False) is required


def test_what_is_at_hand_can_be_chosen() -> None:
    task = all_templates()["tier_task"]
    forms = {each["value"] for each in field(task, "camunda:formKey")["choices"]}
    assert {"first_contact", "handle", "sign_in"} <= forms
    assert "invite_joint" not in forms, "a form of another process"
    steps = {each["value"]: each["name"] for each in field(task, "step")["choices"]}
    assert "building 1wd, grid 2wd" in steps["handle"]
    assert "contact (24h)" in steps.values()
    assert {"holder", "above", "building", "grid"} <= {each["value"] for each in field(task, "unit")["choices"]}
    assert {"p_small", "p_joint"} <= {
        each["value"] for each in field(all_templates()["call"], "calledElement")["choices"]
    }


def test_a_task_says_why_it_is_asked_and_the_work_list_knows_it() -> None:
    made = all_templates()
    whys = {key: field(made[key], "why")["value"] for key in ("decision", "mediation")}
    assert whys == {"decision": "decide", "mediation": "mediate"}
    assert set(whys.values()) <= set(TASK_REASONS) <= set(words.WHY)


def test_a_diagram_with_a_mediation_session_passes_and_asks_the_mediator() -> None:
    drawn = FILES["small/small.bpmn"].decode()
    task = drawn.index('<bpmn:userTask id="t_handle"')
    changed = drawn[:task] + drawn[task:].replace('"lead,deputy,handler"', '"mediator,lead"', 1).replace(
        "<camunda:properties>", '<camunda:properties><camunda:property name="why" value="mediate" />', 1
    )
    files = FILES | {"small/small.bpmn": changed.encode()}
    assert deploy.check_release(files) == []
    template = all_templates()["mediation"]
    assert field(template, "camunda:candidateGroups")["value"] == "mediator,lead"
    assert deploy.judge(files).passed


@pytest.mark.parametrize(
    ("written", "allowed"),
    [
        ("lead", True),
        ("lead, deputy,handler", True),
        ("${asked_role}", True),
        ("boss", False),
        ("lead,", False),
        ("lead deputy", False),
        ("", False),
    ],
)
def test_only_roles_of_the_vocabulary_fit(written: str, allowed: bool) -> None:
    pattern = field(all_templates()["tier_task"], "camunda:candidateGroups")["constraints"]["pattern"]["value"]
    assert bool(re.match(pattern, written)) is allowed


def test_every_task_of_our_diagrams_fits_its_template() -> None:
    """The editor shows their fields; a value that is not among the choices would look empty."""
    for path, data in FILES.items():
        if not path.endswith(".bpmn"):
            continue
        made = {each["id"]: each for each in design.templates_for(FILES, path, tiers=TIERS, locale="en")}
        for task in etree.fromstring(data).iter("{*}userTask"):
            said = {str(each.get("name")): str(each.get("value")) for each in task.iter(f"{CAMUNDA}property")}
            given = said["unit"].startswith("${")
            kind = "unit_task" if given else "decision" if said.get("why") == "decide" else "tier_task"
            template = made[f"maplebridge.{kind}"]
            written = {str(key).replace(CAMUNDA, "camunda:"): str(value) for key, value in task.attrib.items()}
            values = said | written
            for each in template["properties"]:
                value = values.get(each["binding"]["name"])
                if value is not None and "choices" in each:
                    assert value in {one["value"] for one in each["choices"]}, (path, task.get("id"), value)
                if value is not None and (pattern := each.get("constraints", {}).get("pattern")):
                    assert re.match(pattern["value"], value), (path, task.get("id"), value)


def test_both_languages_say_everything() -> None:
    zh, en = (
        json.dumps(list(all_templates().values()), ensure_ascii=False),
        json.dumps(list(all_templates("en").values())),
    )
    assert "本级任务" in zh
    assert "Tier task" in en
    assert en.isascii()


def test_a_limits_file_that_cannot_be_read_offers_no_steps() -> None:
    broken = FILES | {"small/limits.yaml": b"handle: [1"}
    assert design.steps_at_hand(broken, "small/small.bpmn") == {}
    assert design.steps_at_hand({}, "small/small.bpmn") == {}


def validated(templates: Any) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules/@bpmn-io/element-templates-validator").exists():
        leave_out("the validator of element templates is not installed (install Node 20 or newer, then make setup)")
    return subprocess.run(
        [node, "validate.mjs"], input=json.dumps(templates), cwd=FRONTEND, capture_output=True, text=True, check=False
    )


def test_they_are_element_templates_of_camunda_7() -> None:
    for made in (
        design.element_templates(WORDS, tiers=TIERS, locale="en"),
        list(all_templates().values()),
    ):
        result = validated(made)
        assert result.returncode == 0, result.stdout + result.stderr
    broken = [{**made[0], "appliesTo": "bpmn:Task"}]
    assert validated(broken).returncode == 1, "the validator notices"
