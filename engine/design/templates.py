"""Element templates: what a diagram may ask of the engine, as typed fields for the editor and for Camunda Modeler 7.

They are made from the vocabulary, so that an editor offers exactly what the check accepts. The format is the element
template JSON of Camunda 7: it can bind attributes, extension properties and input parameters, but no timer, message or
condition. Those are plain BPMN and have fields of their own in both editors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from engine.deadlines import read_limits
from engine.design.letter_fields import letter_fields
from engine.design.template_words import (
    CHOICES,
    MESSAGES,
    PARAMETERS,
    SERVICES,
    UNITS,
    Text,
)
from engine.errors import Refusal
from engine.vocabulary import WORDS, Service, Vocabulary

Template = dict[str, Any]
Choice = tuple[str, str]
"""A value and its label."""

PREFIX = "maplebridge."
GROUP = "fields"
PROCESS = re.compile(rb"""<(?:\w+:)?process\b[^>]*?\bid=["']([A-Za-z_][\w.-]*)["']""")


def templates_for(
    files: Mapping[str, bytes], path: str, *, tiers: Mapping[str, Text], locale: str, words: Vocabulary = WORDS
) -> list[Template]:
    """The templates for a diagram at `path` among `files`: forms, steps and processes are those at hand there."""
    return element_templates(
        words,
        tiers=tiers,
        locale=locale,
        forms=forms_at_hand(files, path),
        steps=steps_at_hand(files, path),
        processes=sorted(
            {
                found.decode()
                for each, data in files.items()
                if each.endswith(".bpmn")
                for found in PROCESS.findall(data)
            }
        ),
    )


def forms_at_hand(files: Mapping[str, bytes], path: str) -> list[str]:
    """Keys of the forms a diagram at `path` may name, by name."""
    places = (f"{PurePosixPath(path).parent}/forms/", "forms/")
    return sorted({PurePosixPath(each).stem for each in files if each.endswith(".form") and each.startswith(places)})


def steps_at_hand(files: Mapping[str, bytes], path: str) -> dict[str, str]:
    """The steps of the limits beside a diagram: word → lengths as they are written, `building 1wd, default 5wd`."""
    name = f"{PurePosixPath(path).parent}/limits.yaml"
    if name not in files:
        return {}
    try:
        limits = read_limits(name, files[name])
    except Refusal:
        return {}
    return {
        step: ", ".join(
            str(length) if tuple(by_tier) == ("default",) else f"{tier} {length}" for tier, length in by_tier.items()
        )
        for step, by_tier in limits.steps.items()
    }


def message_words(locale: str) -> dict[str, str]:
    """The messages a diagram may wait for: name → what it says."""
    return {name: MESSAGES[name][0 if locale.startswith("zh") else 1] for name in WORDS.messages}


def element_templates(
    words: Vocabulary,
    *,
    tiers: Mapping[str, Text],
    locale: str,
    forms: Sequence[str] = (),
    steps: Mapping[str, str] | None = None,
    processes: Sequence[str] = (),
) -> list[Template]:
    """All templates, in the order of a case's life. Without forms or steps their fields take any well-formed word."""
    maker = _Maker(words, tiers, locale, forms, steps or {}, processes)
    return [maker.localised(each) for each in maker.all()]


class _Maker:
    def __init__(
        self,
        words: Vocabulary,
        tiers: Mapping[str, Text],
        locale: str,
        forms: Sequence[str],
        steps: Mapping[str, str],
        processes: Sequence[str],
    ) -> None:
        self.words, self.tiers, self.forms, self.steps, self.processes = words, tiers, forms, steps, processes
        self.chinese = locale.startswith("zh")

    def all(self) -> Iterator[Template]:
        yield self._tier_task()
        yield self._decision()
        yield self._unit_task()
        yield self._mediation()
        yield from self._joint()
        yield from self._clocks()
        yield self._message()
        yield self._table()
        for service in self.words.services.values():
            yield self._service(service)

    def localised(self, template: Template) -> Template:
        """Pairs of words become one text, everywhere."""

        def said(value: Any) -> Any:
            if isinstance(value, tuple):
                return value[0 if self.chinese else 1]
            if isinstance(value, dict):
                return {key: said(inner) for key, inner in value.items()}
            return [said(inner) for inner in value] if isinstance(value, list) else value

        made: Template = said(template)
        return made

    def _tier_task(self) -> Template:
        return _template(
            "tier_task",
            ("本级任务", "Tier task"),
            ("由某一级单位的人员填写表单完成", "Somebody of a unit fills in a form"),
            "bpmn:UserTask",
            [*self._who(), self._form(), *self._shown()],
        )

    def _decision(self) -> Template:
        return _template(
            "decision",
            ("决定", "Decision"),
            (
                "请领导或上级作出决定，显示在待决事项中",
                "Asks a leader or the unit above; shown on the page of decisions",
            ),
            "bpmn:UserTask",
            [
                *self._who(unit="deciding", roles="leader"),
                self._form(),
                *self._shown(),
                _hidden("camunda:property", "why", "decide"),
            ],
        )

    def _unit_task(self) -> Template:
        unit = _field(
            ("单位变量", "Variable with the unit"),
            ("camunda:property", "unit"),
            type="String",
            value="${co_unit}",
            constraints={
                "pattern": {"value": r"^\$\{[A-Za-z_]\w*\}$", "message": ("写作 ${变量}", "Write ${variable}")}
            },
        )
        _chosen, roles = self._who()
        return _template(
            "unit_task",
            ("指定单位任务", "Task of a given unit"),
            (
                "由变量中的单位办理；多个单位时每个单位一项",
                "For the unit in a variable; one each when there are several",
            ),
            "bpmn:UserTask",
            [unit, roles, self._form(), *self._shown()],
        )

    def _mediation(self) -> Template:
        return _template(
            "mediation",
            ("调解", "Mediation session"),
            (
                "由调解员召集当事人调解，填写调解记录；可重复召开",
                "A mediator meets the parties and records it; it can be repeated",
            ),
            "bpmn:UserTask",
            [
                *self._who(roles="mediator,lead"),
                self._form(),
                *self._shown(),
                _hidden("camunda:property", "why", "mediate"),
            ],
        )

    def _joint(self) -> Iterator[Template]:
        everything = [_copied("camunda:in"), _copied("camunda:out")]
        joint = _hidden("property", "calledElement", "p_joint")
        yield _template(
            "joint",
            ("多方联办", "Joint handling over the parties"),
            ("邀请多个单位共同办理一件事", "Several units handle one matter together"),
            "bpmn:CallActivity",
            [joint, *everything],
        )
        called = self._picked(
            ("被调用的流程", "Process that is called"),
            ("property", "calledElement"),
            [(each, each) for each in self.processes],
            "",
        )
        yield _template(
            "call",
            ("调用流程", "Call a process"),
            ("被调用的流程得到全部变量的副本，并在结束时交回", "It gets a copy of all variables and gives it back"),
            "bpmn:CallActivity",
            [called, *everything],
        )

    def _clocks(self) -> Iterator[Template]:
        for key, name, says, cancels in (
            ("deadline", ("时限", "Deadline"), ("到期即中断该步骤", "When it is over, the step is broken off"), True),
            ("reminder", ("提醒", "Reminder"), ("到期提醒，步骤继续", "When it is over, the step goes on"), False),
        ):
            yield _template(
                key,
                name,
                (f"{says[0]}；时长在“时限”组中选择", f"{says[1]}; choose the length under Time limit (Timer)"),
                "bpmn:BoundaryEvent",
                [_hidden("property", "cancelActivity", cancels)],
            )

    def _message(self) -> Template:
        return _template(
            "wait_for_message",
            ("等待消息", "Wait for a message"),
            ("等待来自外部的消息；在“消息”组中选择", "Waits for something from outside; choose it under Message"),
            "bpmn:IntermediateCatchEvent",
            [_field(("名称", "Name"), ("property", "name"), type="String")],
        )

    def _table(self) -> Template:
        return _template(
            "decision_table",
            ("决策表", "Decision table"),
            ("由决策表得出结果", "A table decides"),
            "bpmn:BusinessRuleTask",
            [
                _word(("决策", "Decision"), ("property", "camunda:decisionRef"), required=True),
                _word(("结果变量", "Variable for the result"), ("property", "camunda:resultVariable"), required=True),
                _field(
                    ("结果形式", "Shape of the result"),
                    ("property", "camunda:mapDecisionResult"),
                    type="Dropdown",
                    value="singleEntry",
                    choices=[
                        _choice("singleEntry", ("一个值", "one value")),
                        _choice("singleResult", ("一行", "one row")),
                        _choice("collectEntries", ("一列值", "a list of values")),
                        _choice("resultList", ("多行", "a list of rows")),
                    ],
                ),
            ],
        )

    def _service(self, service: Service) -> Template:
        name, says = SERVICES[service.name]
        return _template(
            f"service.{service.name}",
            name,
            says,
            "bpmn:ServiceTask",
            [
                _hidden("property", "camunda:type", "external"),
                _hidden("property", "camunda:topic", service.name),
                *(self._parameter(service.name, key, required) for key, required in service.params.items()),
            ],
        )

    def _parameter(self, service: str, key: str, required: bool) -> Template:
        label = PARAMETERS[key]
        binding = {"type": "camunda:inputParameter", "name": key}
        choices = [_choice(value, text) for value, text in CHOICES.get((service, key), {}).items()]
        made: Template = {"label": label, "binding": binding}
        if choices:
            made |= {"type": "Dropdown", "choices": choices}
        else:
            made |= {"type": "String"}
        return made | ({"constraints": {"notEmpty": True}} if required else {"optional": True})

    def _who(self, *, unit: str = "holder", roles: str = "lead,deputy,handler") -> Iterator[Template]:
        one = "|".join(self.words.roles)
        yield _field(
            ("单位", "Unit"),
            ("camunda:property", "unit"),
            type="Dropdown",
            value=unit,
            choices=[
                *(_choice(value, text) for value, text in UNITS.items()),
                *(_choice(tier, name) for tier, name in self.tiers.items()),
            ],
            description=("由哪个单位办理", "Which unit is asked"),
        )
        yield _field(
            ("角色", "Roles"),
            ("property", "camunda:candidateGroups"),
            type="String",
            value=roles,
            description=(
                f"用逗号分隔，任一角色均可领取：{', '.join(self.words.roles)}",
                f"With commas between; any of them may take it: {', '.join(self.words.roles)}",
            ),
            constraints={
                "notEmpty": True,
                "pattern": {
                    "value": rf"^\s*(({one})(\s*,\s*({one}))*|\$\{{[A-Za-z_]\w*\}})\s*$",
                    "message": ("只能填写列出的角色", "Only the roles that are listed"),
                },
            },
        )

    def _form(self) -> Template:
        return self._picked(
            ("表单", "Form"),
            ("property", "camunda:formKey"),
            [(each, each) for each in self.forms],
            "",
        )

    def _shown(self) -> Iterator[Template]:
        yield self._picked(
            ("显示的时限", "Time limit shown"),
            ("camunda:property", "step"),
            [(step, f"{step} ({lengths})") for step, lengths in self.steps.items()],
            next(iter(self.steps), ""),
        )
        yield _field(("英文名称", "Name in English"), ("camunda:property", "title_en"), type="String")
        yield from letter_fields(self.words)

    def _picked(self, label: Text, binding: tuple[str, str], choices: Sequence[Choice], value: str) -> Template:
        if not choices:
            return _word(label, binding)
        return _field(
            label,
            binding,
            type="Dropdown",
            choices=[_choice(each, (text, text)) for each, text in choices],
            **({"value": value} if value else {}),
        )


def _template(key: str, name: Text, says: Text, element: str, properties: Sequence[Template]) -> Template:
    return {
        "id": f"{PREFIX}{key}",
        "name": name,
        "description": says,
        "appliesTo": [element],
        "groups": [{"id": GROUP, "label": ("字段", "Fields")}],
        "properties": [each if each.get("type") == "Hidden" else each | {"group": GROUP} for each in properties],
    }


def _field(label: Text, binding: tuple[str, str], *, type: str, **more: Any) -> Template:
    return {"label": label, "type": type, "binding": {"type": binding[0], "name": binding[1]}, **more}


def _word(label: Text, binding: tuple[str, str], *, required: bool = False) -> Template:
    pattern = {"value": r"^[A-Za-z_][\w.-]*$", "message": ("字母、数字和下划线", "Letters, digits and underscores")}
    return _field(label, binding, type="String", constraints={"notEmpty": required, "pattern": pattern})


def _choice(value: str, name: Text) -> Template:
    return {"value": value, "name": name}


def _hidden(kind: str, name: str, value: str | bool) -> Template:
    return {"type": "Hidden", "value": value, "binding": {"type": kind, "name": name}}


def _copied(kind: str) -> Template:
    return {"type": "Hidden", "binding": {"type": kind, "variables": "all"}}
