"""Scenarios in the reader's words: what is wrong with one, and what a step of it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as N_

from engine.deploy import LoadedRelease
from engine.deploy.scenarios import Act, Said
from engine.web.language import _, bilingual
from engine.web.refusals import SAID

FAULTS: Mapping[str, Any] = {
    "yaml": N_("this cannot be read: %(problem)s"),
    "too_long": N_("a scenario has at most %(most)s steps"),
    "top": N_("a scenario needs “given” and “then”"),
    "key": N_("“%(key)s” is not known here; known are %(known)s"),
    "missing": N_("“%(key)s” is missing"),
    "kind": N_("“%(key)s” must be %(wanted)s"),
    "process": N_("there is no process “%(process)s”"),
    "service": N_("there is no service “%(service)s”"),
    "gives": N_("the service %(service)s does not give “%(name)s”; it gives: %(known)s"),
    "step": N_("a step is exactly one of complete, fire, deliver, expect"),
    "belongs": N_("“%(key)s” does not belong to “%(do)s”"),
    "element": N_("there is no element “%(element)s” in the processes"),
    "task_waits": N_("the task “%(element)s” does not wait; waiting: %(found)s"),
    "timer_waits": N_("the timer “%(element)s” does not run; running: %(found)s"),
    "field": N_("the form “%(form)s” has no field “%(field)s”"),
    "answer": N_("the field “%(field)s” of the form “%(form)s” does not take “%(value)s”"),
    "refused": N_("it was refused: %(sentence)s"),
    "open": N_("these tasks wait: %(found)s; expected: %(expected)s"),
    "timers": N_("these timers run: %(found)s; expected: %(expected)s"),
    "deadline": N_("“%(element)s” has the limit %(found)s; expected: %(expected)s"),
    "messages": N_("“%(message)s” is not awaited; awaited: %(found)s"),
    "ended": N_("the process has ended"),
    "not_ended": N_("the process has not ended"),
    "path": N_("“%(element)s” was not reached; reached: %(found)s"),
    "not_path": N_("“%(element)s” was reached and should not have been"),
    "data": N_("%(name)s is %(found)s; expected: %(expected)s"),
    "called": N_("%(service)s %(params)s was not asked for; asked for: %(found)s"),
}
"""By the codes of `deploy.scenarios.SENTENCES`; a test keeps both equal."""

WANTED: Mapping[object, Any] = {
    "a table": N_("a table"),
    "a list": N_("a list"),
    "true or false": N_("true or false"),
    "a word": N_("a word"),
}
EXPECTATIONS: Mapping[str, Any] = {
    "open": N_("the tasks that wait"),
    "deadlines": N_("the time limits that run"),
    "ended": N_("that it has ended"),
    "path": N_("the path"),
    "data": N_("what has changed in its data"),
}
VARIABLES: Mapping[str, Any] = {
    "tier": N_("Tier"),
    "severity": N_("Severity"),
    "size": N_("Size"),
    "track": N_("Track"),
    "urgent": N_("urgent"),
    "confirm": N_("The grading must be confirmed"),
    "signed_in": N_("signed in already"),
    "repeat": N_("a repeated matter"),
    "sampled": N_("drawn for the quality check"),
    "top": N_("at the top"),
    "target_tier": N_("Tier it belongs to"),
}


def fault_words(said: Said) -> str:
    values = dict(said.values)
    if said.code == "kind":
        values["wanted"] = WANTED[values["wanted"]]
    if said.code == "refused" and values["code"] in SAID:
        values["sentence"] = SAID[str(values["code"])]
    return str(FAULTS[said.code]) % values


def line_words(said: Said) -> str:
    return _("line %(number)d", number=said.line) if said.line else ""


def variable_words(name: str) -> str:
    return str(VARIABLES.get(name, name))


def name_of(release: LoadedRelease, element: str, process: str = "") -> str:
    """What an element is called on the diagram, in the reader's language; its id where it has no name."""
    processes = release.package.processes
    for facts in (processes[process],) if process in processes else processes.values():
        if element in facts.elements:
            return bilingual(facts.elements[element].name) or element
    return element


def flow_words(release: LoadedRelease, process: str, flow_id: str) -> str:
    """From where to where an arrow leads, and what is written on it."""
    flow = release.package.processes[process].flows[flow_id]
    ends = f"{name_of(release, flow.source, process)} → {name_of(release, flow.target, process)}"
    return f"{ends} ({bilingual(flow.name)})" if flow.name else ends


def act_words(release: LoadedRelease, act: Act | None) -> str:
    if act is None:
        return _("It begins")
    name = name_of(release, act.what)
    item = f" · {act.item}" if act.item is not None else ""
    match act.do:
        case "complete":
            return _("Completed: %(name)s", name=f"{name}{item}")
        case "fire":
            return _("Time is up: %(name)s", name=name)
        case "deliver":
            return _("Message: %(name)s", name=act.what)
        case "expect":
            return _("Looked at")
