"""What somebody would say to a task of the draft: what they said then, and where they said nothing, what most say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.deploy import LoadedRelease
from engine.rehearsal.habits import Habit
from engine.tasks import TO_DIAGRAM, Field

NOBODY = "1"
"""Stands for a party where the draft wants one and history names none."""


@dataclass(frozen=True, slots=True)
class Said:
    variables: Mapping[str, Any]
    assumed: bool


class Answers:
    """The answers to the forms of one release. Free texts are never looked at: a diagram does not get them."""

    def __init__(self, release: LoadedRelease) -> None:
        self._release = release
        self._fields: dict[tuple[str, str], tuple[Field, ...]] = {}

    def said(
        self, process: str, form: str | None, then: Mapping[str, Any] | None, habit: Habit | None, unit_id: str
    ) -> Said:
        """`then` is what the case's own people answered, None when they were never asked; `unit_id` who may be invited.

        A value that the draft's form does not offer counts as not answered. Raises NotFound when the form is missing.
        """
        if form is None:
            return Said({}, then is None)
        variables: dict[str, Any] = {}
        assumed = then is None
        for field in self._of(process, form):
            value = None if then is None else then.get(field.key)
            if value is not None and _fits(field, value):
                variables[field.key] = value
                continue
            usual = None
            if habit is not None and field.source is None:  # units and parties are those of one case only
                usual = habit.chosen.get(field.key)
            if then is None and usual is not None and _fits(field, usual):
                variables[field.key] = usual
            elif value is not None or (field.required and not field.hide):
                chosen = usual if usual is not None and _fits(field, usual) else _first(field, unit_id)
                variables[field.key] = chosen
                assumed = True
        return Said({key: value for key, value in variables.items() if value is not None}, assumed)

    def _of(self, process: str, form: str) -> tuple[Field, ...]:
        key = (process, form)
        if key not in self._fields:
            every = self._release.form(process, form).fields.values()
            self._fields[key] = tuple(field for field in every if field.type in TO_DIAGRAM)
        return self._fields[key]


def _fits(field: Field, value: Any) -> bool:
    words = {choice.value for choice in field.choices}
    if field.many:
        return isinstance(value, list) and all(
            isinstance(each, str) and (field.source is not None or each in words) for each in value
        )
    if field.type == "checkbox":
        return isinstance(value, bool)
    if field.type == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (field.least is None or value >= field.least) and (field.most is None or value <= field.most)
    return isinstance(value, str) and (field.source is not None or value in words)


def _first(field: Field, unit_id: str) -> Any:
    if field.default is not None and _fits(field, field.default):
        return field.default
    if field.type == "checkbox":
        return False
    if field.type == "number":
        return int(field.least or 1)
    value = {"community_units": unit_id, "parties": NOBODY}.get(field.source or "")
    if value is None:
        value = field.choices[0].value if field.choices else None
    return ([] if value is None else [value]) if field.many else value
