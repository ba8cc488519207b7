"""Differences of process files in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import lazy_gettext as N_

from engine.design import Aspect, Change, What
from engine.errors import Refusal
from engine.web.language import _, bilingual
from engine.web.show import tier_name
from engine.web.show_case import length_words

WHAT: Mapping[str, Any] = {
    What.ADDED: N_("added"),
    What.REMOVED: N_("removed"),
    What.CHANGED: N_("changed"),
    What.MOVED: N_("moved"),
}
KINDS: Mapping[str, Any] = {
    "file": N_("Whole file"),
    "definitions": N_("Whole file"),
    "process": N_("Process"),
    "participant": N_("Pool"),
    "lane": N_("Lane"),
    "subProcess": N_("Subprocess"),
    "callActivity": N_("Called process"),
    "userTask": N_("Task"),
    "serviceTask": N_("Service"),
    "businessRuleTask": N_("Decision"),
    "scriptTask": N_("Script"),
    "sendTask": N_("Sending task"),
    "receiveTask": N_("Wait for a message"),
    "exclusiveGateway": N_("Branch"),
    "inclusiveGateway": N_("Branch"),
    "parallelGateway": N_("Fork or join"),
    "eventBasedGateway": N_("Wait for the first"),
    "startEvent": N_("Start"),
    "endEvent": N_("End"),
    "boundaryEvent": N_("Event on the edge"),
    "intermediateCatchEvent": N_("Wait"),
    "intermediateThrowEvent": N_("Event"),
    "sequenceFlow": N_("Flow"),
    "textAnnotation": N_("Note"),
    "association": N_("Line to a note"),
    "message": N_("Message"),
    "escalation": N_("Escalation"),
    "error": N_("Fault"),
    "decision": N_("Decision table"),
    "input": N_("Column"),
    "output": N_("Result column"),
    "rule": N_("Row"),
    "form": N_("Form"),
    "field": N_("Field"),
    "limit": N_("Limit"),
    "category": N_("Category"),
}
ASPECTS: Mapping[Aspect, Any] = {
    Aspect.NAME: N_("name"),
    Aspect.DOCUMENTATION: N_("description"),
    Aspect.ROLE: N_("who does it"),
    Aspect.FORM: N_("form"),
    Aspect.STEP: N_("step"),
    Aspect.TIMER: N_("timer"),
    Aspect.LIMIT: N_("limit"),
    Aspect.CONDITION: N_("condition"),
    Aspect.CONNECTION: N_("connection"),
    Aspect.SERVICE: N_("service"),
    Aspect.PARAMETER: N_("value"),
    Aspect.TABLE: N_("table"),
    Aspect.PROCESS: N_("process"),
    Aspect.REPEAT: N_("repetition"),
    Aspect.INTERRUPTING: N_("ends what it stands on"),
    Aspect.LANE: N_("lane"),
    Aspect.MESSAGE: N_("message"),
    Aspect.CELL: N_("cell"),
    Aspect.LABEL: N_("label"),
    Aspect.REQUIRED: N_("must be answered"),
    Aspect.OPTION: N_("choice"),
    Aspect.WORDS: N_("words"),
    Aspect.DRAWING: N_("drawing"),
    Aspect.ORDER: N_("order"),
    Aspect.TEXT: N_("only spaces, comments or the order of lines"),
    Aspect.OTHER: N_("content"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One difference to read: what happened to what, about which side of it, and both values."""

    what: str
    kind: str
    subject: str
    key: str
    about: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FileLines:
    """All of one file. `moved` are the names of what is only drawn elsewhere or stands in another order."""

    path: str
    drawn: bool
    lines: tuple[Line, ...]
    moved: tuple[str, ...]


def told(changes: Iterable[Change]) -> list[FileLines]:
    return [_file(path, list(found)) for path, found in groupby(changes, key=lambda each: each.file)]


def _file(path: str, changes: list[Change]) -> FileLines:
    moved = tuple(dict.fromkeys(_subject(each) for each in changes if each.what is What.MOVED))
    lines = tuple(_line(each) for each in changes if each.what is not What.MOVED)
    return FileLines(path, path.endswith(".bpmn"), lines, moved)


def _line(change: Change) -> Line:
    about = "" if change.aspect in (None, Aspect.LIMIT) else str(ASPECTS[change.aspect])
    if change.aspect in (Aspect.CELL, Aspect.PARAMETER, Aspect.OPTION, Aspect.OTHER) and change.detail:
        about = f"{about} {bilingual(change.detail)}"
    kind = KINDS.get(change.kind)
    before, after = change.before, change.after
    if change.kind == "limit":
        before, after = _length(before), _length(after)
    return Line(
        str(change.what), str(kind) if kind else change.kind, _subject(change), change.key, about, before, after
    )


def _subject(change: Change) -> str:
    if change.kind == "limit":
        tier = _("the other tiers") if change.name == "default" else tier_name(change.name)
        return _("%(step)s at %(tier)s", step=change.within, tier=tier)
    if change.kind == "rule":
        found = re.fullmatch(r"(\w+): (.*)", change.name, re.DOTALL)
        return f"{found[1]} {bilingual(found[2])}" if found else change.name or change.key
    return bilingual(change.name) or change.key


def _length(written: str) -> str:
    """A draft may say what is no length."""
    try:
        return length_words(written) if written else ""
    except Refusal:
        return written
