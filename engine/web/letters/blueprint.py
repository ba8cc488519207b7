"""The one blueprint of the pages of letters, and what their pages know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint
from flask.sansio.blueprints import BlueprintSetupState

from engine import letters
from engine.cases import Case
from engine.letters import Letter, LetterState
from engine.tasks import Form, Task, TaskState
from engine.web.context import locale, viewer
from engine.web.show import here_and_now

pages = Blueprint("letters", __name__)


def kind_name(kind: str) -> str:
    return letters.KINDS[kind].name(locale())


def callable_kinds(case: Case) -> list[str]:
    """Kinds that the person may ask for without a step, for a case that may be written about."""
    if case.confidential or not viewer().may("letter.issue", case.holder_id):
        return []
    return [kind for kind in letters.KINDS if kind != letters.RECEIPT]


def letter_words(form: Form, of_case: Sequence[Letter], kind: str) -> Mapping[str, str]:
    """What nobody should have to type: the number of the letter that a step delivers."""
    issued = [each.number for each in of_case if each.kind == kind and each.state == LetterState.ISSUED]
    return {"letter_no": str(issued[-1])} if kind and issued and "letter_no" in form.fields else {}


def letters_at(task: Task, of_case: Sequence[Letter], kind: str) -> list[Letter]:
    """What the page of a task shows: the letter it delivers, and those it called for."""
    return [
        each
        for each in of_case
        if each.state not in (LetterState.VOIDED, LetterState.WAIVED)
        and (each.task_id == task.id or (kind and each.kind == kind and task.state == TaskState.OPEN))
    ]


def _for_pages(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        callable_letters=callable_kinds, letters_at=letters_at, here_and_now=here_and_now
    )
    state.app.jinja_env.filters["letter_kind"] = kind_name


pages.record(_for_pages)
