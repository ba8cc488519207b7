"""What can be reported: the categories of the form for filing are the services, its facts are their attributes.

Both are read from the release in force, so what designers change is what apps see. Facts that only an office can judge
are not asked of citizens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine import process
from engine.errors import Invalid, NotFound
from engine.process import World
from engine.tasks import Field, Form, Words

FORM = "file_case"
ASKED = ("people_count", "amount_cny", "injury", "risk")
"""The facts of triage that a citizen knows, in the order in which they are asked."""
KINDS = {"consult": "consult", "suggestion": "suggestion", "misconduct": "misconduct"}
"""The kind of a matter by the first word of its category; everything else is a complaint."""
COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Service:
    code: str
    name: Words
    keywords: tuple[str, ...]

    @property
    def group(self) -> str:
        """The first word of the category."""
        return self.code.partition(".")[0]

    @property
    def kind(self) -> str:
        return KINDS.get(self.group, COMPLAINT)


def services(session: Session, world: World) -> Mapping[str, Service]:
    """By code, in the order of the form."""
    release = world.releases.current(session)
    words = release.keywords.words
    return {
        choice.value: Service(choice.value, choice.label, tuple(words.get(choice.value, ())))
        for choice in _form(session, world).fields["category"].choices
    }


def get_service(session: Session, world: World, code: str) -> Service:
    """Raises NotFound `service.unknown`."""
    found = services(session, world).get(code)
    if found is None:
        words = {"zh": f"没有“{code[:64]}”这项服务。", "en": f"There is no service {code[:64]!r}."}
        raise NotFound("service.unknown", words["en"], words=words)
    return found


def questions(session: Session, world: World) -> Sequence[Field]:
    """What is asked besides, the same for every service."""
    fields = _form(session, world).fields
    return [fields[key] for key in ASKED if key in fields]


def facts(asked: Sequence[Field], answers: Mapping[str, str]) -> dict[str, Any]:
    """The answers as triage reads them; an unanswered one is left out.

    Raises Invalid naming each that is not asked, no number, or not among the choices.
    """
    known = {field.key: field for field in asked}
    found: dict[str, Any] = {}
    wrong: dict[str, Mapping[str, str]] = {}
    for key, written in answers.items():
        field, text = known.get(key), written.strip()
        if field is None:
            continue  # apps send attributes of their own; they are kept as text with the report
        if not text:
            continue
        if field.type == "number":
            if text.isascii() and text.isdigit() and (field.least or 0) <= int(text[:18]) <= (field.most or 10**12):
                found[key] = int(text[:18])
            else:
                wrong[f"attribute[{key}]"] = {"zh": "请填写整数。", "en": "Write a whole number."}
        elif text in {choice.value for choice in field.choices}:
            found[key] = text
        else:
            wrong[f"attribute[{key}]"] = {"zh": "请从选项中选择。", "en": "Choose one of its values."}
    if wrong:
        raise Invalid("attribute.invalid", f"These cannot be taken: {', '.join(wrong)}.", fields=wrong)
    return found


def _form(session: Session, world: World) -> Form:
    return world.releases.current(session).form(process.MAIN, FORM)
