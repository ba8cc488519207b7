"""Everything that can be said about a set of process files before it is published: one list of findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from engine import runtime
from engine.deadlines import Limits, read_limits
from engine.deploy.clocks import check_clocks, check_ladder, ending_steps
from engine.deploy.keywords import read_keywords
from engine.errors import Refusal
from engine.runtime import DUE, Finding
from engine.tasks import TO_DIAGRAM, Form, read_form
from engine.vocabulary import FORM_READS, WORDS

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
SHARED = "forms"
LOOKED_THROUGH = 100_000
"""Bytes of a file in which a line is looked for."""
MODELS = (".bpmn", ".bpmn2", ".dmn", ".xml")


def check_files(files: Mapping[str, bytes]) -> list[Finding]:
    """Checks any files, ours or not: models as such, and forms and limits that are among them.

    What models need from forms and limits is looked at only in a whole release, see `check_release`. Never raises.
    """
    models = {path: data for path, data in files.items() if path.endswith(MODELS)}
    findings = runtime.check(models, WORDS)
    for path, data in sorted(files.items()):
        if path.endswith(".form"):
            findings += _form_findings(path, data)
        elif path.endswith("limits.yaml"):
            findings += _findings_of(read_limits, path, data)
        elif path.endswith("keywords.yaml"):
            findings += _findings_of(read_keywords, path, data)
    return sorted(findings)


def check_release(files: Mapping[str, bytes], *, limits_may_miss: bool = False) -> list[Finding]:
    """Checks a whole set as it would be published. `limits_may_miss` follows `limits_policy.missing_step: default`."""
    findings = check_files(files)
    forms = {path: read for path, data in files.items() if path.endswith(".form") and (read := _form(path, data))}
    for path, form in forms.items():
        key = PurePosixPath(path).stem
        for name in FORM_READS.get(key, ()):
            if name not in form.fields:
                message = f"The engine reads {name!r} from this form, and it has no such field."
                hint = "Give the field its key back, or name the form differently."
                findings.append(Finding(path, 1, name, "form.field_read", "error", message, hint))
    ending: dict[str, set[str]] = {}
    for path, data in sorted(files.items()):
        root = _root(path, data) if path.endswith(".bpmn") else None
        if root is not None:
            findings += _needs(path, root, files, forms, limits_may_miss)
            ending.setdefault(str(PurePosixPath(path).parent), set()).update(ending_steps(root))
    for folder, steps in ending.items():
        path = f"{folder}/limits.yaml"
        limits = _limits(path, files[path]) if path in files else None
        if limits is not None:
            findings += check_ladder(path, limits, steps, partial(_line, files[path]))
    return sorted(set(findings))


def _needs(
    path: str, root: Any, files: Mapping[str, bytes], forms: Mapping[str, Form], limits_may_miss: bool
) -> Iterator[Finding]:
    """What a diagram needs from the files beside it."""
    folder = str(PurePosixPath(path).parent)
    for task in root.iter(f"{BPMN}userTask"):
        key = task.get(f"{CAMUNDA}formKey")
        own = next((path for path in (f"{folder}/forms/{key}.form", f"{SHARED}/{key}.form") if path in files), "")
        form = forms.get(own)
        if own and form is None:
            continue  # what is wrong with it is said at its file
        if key and form is None:
            message = f"There is no form {key!r} in {folder}/forms or {SHARED}."
            hint = "Add the form, or choose one that is there."
            yield Finding(path, task.sourceline or 0, task.get("id", ""), "task.form_missing", "error", message, hint)
        yield from _letter_findings(path, task, form)
    limits_path = f"{folder}/limits.yaml"
    limits = _limits(limits_path, files[limits_path]) if limits_path in files else Limits(limits_path, {})
    if limits is None:
        return
    for event in root.iter(f"{BPMN}timerEventDefinition"):
        owner = event.getparent()
        text = "".join(event.itertext())
        for step, tiered in DUE.findall(text):
            problem = _limit_problem(limits, step, bool(tiered))
            if problem:
                severity: Any = "warning" if limits_may_miss else "error"
                element = "" if owner is None else owner.get("id", "")
                hint = f"Write its length into {limits_path}, for example {step}: 5wd."
                yield Finding(path, event.sourceline or 0, element, "timer.limit_missing", severity, problem, hint)
    for word in root.iter(f"{CAMUNDA}property"):
        step = word.get("value") or ""
        if word.get("name") == "step" and step and "${" not in step and step not in limits.steps:
            message = f"The task shows the time limit of {step!r}, and {limits_path} says nothing about it."
            task = next((each for each in word.iterancestors() if each.get("id")), word)
            line, hint = word.sourceline or 0, f"Known: {', '.join(sorted(limits.steps)) or 'none'}."
            yield Finding(path, line, task.get("id", ""), "task.step_unknown", "warning", message, hint)
    yield from check_clocks(path, root, limits)


def _letter_findings(path: str, task: Any, form: Form | None) -> Iterator[Finding]:
    """Conditions of letters read what the form gives to the diagram, and a delivery has its instant."""
    asked = set() if form is None else {key for key, field in form.fields.items() if field.type in TO_DIAGRAM}
    for word in task.iter(f"{CAMUNDA}property"):
        where = (path, word.sourceline or 0, task.get("id", ""))
        if word.get("name") == "letter":
            for name in sorted(_names_read(word.get("value") or "") - asked):
                message = f"The condition of a letter reads {name!r}, which the form does not give to the diagram."
                hint = f"Known: {', '.join(sorted(asked)) or 'none'}."
                yield Finding(*where, "task.letter_condition", "error", message, hint)
        elif word.get("name") == "delivers" and (form is None or "delivered_at" not in form.fields):
            message = "The step delivers a letter, and its form has no field 'delivered_at'."
            yield Finding(*where, "task.delivery", "error", message, "Ask for the date and time of the delivery.")


def _names_read(written: str) -> set[str]:
    try:
        return {name for call in runtime.letter_calls(written) if call.condition for name in call.condition.names}
    except Refusal:
        return set()  # said by the check of the diagram


def _limit_problem(limits: Limits, step: str, tiered: bool) -> str | None:
    if step not in limits.steps:
        return f"{limits.name} says nothing about the step {step!r}."
    if not tiered and "default" not in limits.steps[step]:
        return f"{limits.name}: the step {step!r} has lengths per tier only, and the timer names no tier."
    return None


def _root(path: str, data: bytes) -> Any:
    try:
        return runtime.read_xml(path, data)
    except Refusal:
        return None


def _line(data: bytes, place: str) -> int:
    """The line on which the last word of `place` stands as a key, or as a field's key; 1 when it stands nowhere."""
    word = re.escape(place.rpartition(".")[2])
    text = data[:LOOKED_THROUGH].decode("utf-8", "replace")
    said = re.search(rf'^ {{0,40}}"?{word}"? {{0,4}}:|"(?:key|id)": ?"{word}"', text, re.MULTILINE) if word else None
    return text.count("\n", 0, said.end()) + 1 if said else 1


def _form(path: str, data: bytes) -> Form | None:
    try:
        return read_form(path, data)
    except Refusal:
        return None


def _limits(path: str, data: bytes) -> Limits | None:
    try:
        return read_limits(path, data)
    except Refusal:
        return None


def _form_findings(path: str, data: bytes) -> Iterator[Finding]:
    try:
        form = read_form(path, data)
    except Refusal as refusal:
        for place, sentence in refusal.facts.get("problems") or [("", refusal.sentence)]:
            yield Finding(path, _line(data, str(place)), str(place), refusal.code, "error", sentence)
        return
    for field, code, sentence in form.findings():
        yield Finding(path, _line(data, field), field, code, "warning", sentence)


def _findings_of(read: Callable[[str, bytes], object], path: str, data: bytes) -> Iterator[Finding]:
    try:
        read(path, data)
    except Refusal as refusal:
        for place, sentence in refusal.facts.get("problems") or [("", refusal.sentence)]:
            line = refusal.facts.get("line") or _line(data, str(place))
            yield Finding(path, line, str(place), refusal.code, "error", sentence)
