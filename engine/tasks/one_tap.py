"""Which questions a person can answer with one tap: one choice, and at most one reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.tasks.fields import Choice, Field
from engine.tasks.forms import Form

CHOICE = "radio"
WORDS = frozenset({"textarea", "textfield"})


@dataclass(frozen=True, slots=True)
class Tap:
    """One answer: the choice, and the field that then wants a reason, if any."""

    key: str
    choice: Choice
    reason: Field | None


def taps(form: Form | None) -> Sequence[Tap]:
    """The answers of a form that take no more than a choice and a reason, in the order of the form.

    A choice after which the form asks for more is left out: it is made on the task's own page. Empty when the form has
    no single choice to begin with.
    """
    if form is None:
        return ()
    asked = [form.fields[key] for key in form.fields if key in form.visible({})]
    first = [field for field in asked if field.type == CHOICE and field.required]
    if len(first) != 1:
        return ()
    found = (_tap(form, first[0], choice) for choice in first[0].choices)
    return tuple(tap for tap in found if tap is not None)


def _tap(form: Form, question: Field, choice: Choice) -> Tap | None:
    shown = form.visible({question.key: choice.value})
    wanted = [form.fields[key] for key in form.fields if key in shown and form.fields[key].required]
    others = [field for field in wanted if field.key != question.key]
    if len(others) > 1 or any(field.type not in WORDS for field in others):
        return None
    return Tap(question.key, choice, others[0] if others else None)
