"""Forms: what a diagram's `.form` file asks, and answers checked against it. The file is read in `form_files`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Any

from engine.errors import Invalid
from engine.tasks.answers import Wrong, empty, missing, typed
from engine.tasks.fields import TO_DIAGRAM, Choice, Field, Group, Note, Part, Words, fields_of

UNKNOWN_FIELD = {"zh": "表单没有这一项。", "en": "The form has no such field."}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as read. `name` is its file, for messages."""

    name: str
    id: str
    parts: tuple[Part, ...]
    fields: Mapping[str, Field]
    """By key, in the order of the page."""

    def check(
        self, raw: Mapping[str, Any], *, choices: Mapping[str, Iterable[Choice]] | None = None, zone: tzinfo = UTC
    ) -> dict[str, Any]:
        """Typed, JSON-safe answers from what a browser or a machine sent: texts and lists of texts, or JSON values.

        Fields that the form hides for these answers are left out whatever was sent for them. A time without an offset
        is read in `zone` and given back with its offset. Raises Invalid `form.invalid` whose `facts["fields"]` maps
        each wrong field to its sentence in both languages, and `form.unknown_fields` for keys the form does not have.
        """
        self.known(raw)
        known = choices or {}
        answers: dict[str, Any] = {}
        wrong: dict[str, dict[str, str]] = {}
        for field in self.fields.values():
            try:
                answers[field.key] = typed(field, raw.get(field.key), field.options(known), zone)
            except Wrong as fault:
                wrong[field.key] = fault.words
                answers[field.key] = None
        visible = self.visible(answers)
        wrong = {key: words for key, words in wrong.items() if key in visible}
        for key in visible:
            if key not in wrong and self.fields[key].required and empty(self.fields[key], answers[key]):
                wrong[key] = missing(self.fields[key])
        if wrong:
            raise Invalid("form.invalid", f"The form {self.id} is not complete: {', '.join(wrong)}.", fields=wrong)
        return {key: answers[key] for key in self.fields if key in visible and answers[key] is not None}

    def known(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same answers; raises Invalid `form.unknown_fields` for keys the form does not have."""
        unknown = sorted(set(raw) - set(self.fields))
        if unknown:
            raise Invalid(
                "form.unknown_fields",
                f"The form {self.id} has no field named {', '.join(unknown[:5])}.",
                fields=dict.fromkeys(unknown[:5], UNKNOWN_FIELD),
            )
        return raw

    def takes(self, key: str, value: Any) -> bool:
        """Whether the field could be answered so; choices that the engine finds for a case are taken as they are."""
        field = self.fields[key]
        found = value if isinstance(value, list) else [value]
        known = [Choice(str(each), Words("", "")) for each in found] if field.source else field.choices
        try:
            typed(field, value, tuple(known), UTC)
        except Wrong:
            return False
        return True

    def visible(self, answers: Mapping[str, Any]) -> frozenset[str]:
        """The fields shown for these typed answers; a hidden field counts as unanswered for the others."""
        shown = frozenset(self.fields)
        for _ in range(len(self.fields) + 1):
            seen = {key: answers.get(key) for key in shown}
            now = frozenset(key for key, field in self.fields.items() if not any(c.holds(seen) for c in field.hide))
            if now == shown:
                break
            shown = now
        return shown

    def for_play(self) -> Form:
        """The form where nobody writes anything that is kept: texts may stay empty, and papers are not asked for."""
        parts = tuple(_for_play(self.parts))
        asked = {part.key: part for part in fields_of(parts)}
        return Form(self.name, self.id, parts, asked)

    def variables(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """What the diagram gets: chosen values, ticks and numbers. A field that was not answered gives null."""
        return {key: answers.get(key) for key, field in self.fields.items() if field.type in TO_DIAGRAM}

    def findings(self) -> list[tuple[str, str, str]]:
        """What the check has to say beyond being readable: (field, code, sentence)."""
        return [said for field in self.fields.values() for said in self._findings(field)]

    def _findings(self, field: Field) -> Iterator[tuple[str, str, str]]:
        for condition in field.hide:
            for name in sorted(condition.names - set(self.fields)):
                yield field.key, "form.condition_name", f'"{condition.text}" reads "{name}", which is no field.'
        if field.label.zh == field.key:
            yield field.key, "form.label", "The field has no label: people read its key instead."
        if field.label.lacks_english:
            yield field.key, "form.label_en", "The field has no English label (properties.label_en)."
        for choice in field.choices:
            if choice.label.lacks_english:
                yield field.key, "form.label_en", f"The option {choice.value} has no English label (label_en)."


def _for_play(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Group):
            yield replace(part, parts=tuple(_for_play(part.parts)))
        elif isinstance(part, Note) or part.type in TO_DIAGRAM:
            yield part
        elif part.type != "filepicker":
            yield replace(part, required=False, shortest=0, default=None)
