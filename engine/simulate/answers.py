"""What people write into a form: what they decided, and for the rest whatever the form asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from engine.simulate.texts import texts
from engine.tasks import Choice, Field, Form

MOST_PICKED = 3
PERFORMED_IN = timedelta(days=10)


def fill(
    form: Form,
    decided: Mapping[str, Any],
    *,
    choices: Mapping[str, Sequence[Choice]],
    now: datetime,
    zone: ZoneInfo,
    chance: Random,
) -> dict[str, Any]:
    """Checked answers: `decided` where the form shows the field, and something plausible for all that is required.

    Raises Invalid like `Form.check` when the form asks for what cannot be guessed (a pattern).
    """
    raw = {key: value for key, value in decided.items() if key in form.fields}
    for _ in range(len(form.fields) + 1):
        shown = form.visible(raw)
        missing = [field for field in form.fields.values() if field.key in shown and _is_wanted(field, raw)]
        if not missing:
            break
        for field in missing:
            raw[field.key] = _guess(field, field.options(choices), now.astimezone(zone), chance)
    return form.check(raw, choices=choices, zone=zone)


def _is_wanted(field: Field, raw: Mapping[str, Any]) -> bool:
    return field.required and field.key not in raw


def _guess(field: Field, options: tuple[Choice, ...], local: datetime, chance: Random) -> Any:
    if field.many:
        values = [choice.value for choice in options]
        return chance.sample(values, min(len(values), chance.randint(1, MOST_PICKED)))
    match field.type:
        case "radio" | "select":
            return chance.choice(options).value if options else ""
        case "number":
            return int(field.least or 1)
        case "checkbox":
            return True
        case "datetime":
            if field.kind == "date":
                return (local + PERFORMED_IN).date().isoformat()
            return local.strftime("%H:%M") if field.kind == "time" else local.isoformat(timespec="minutes")
        case _:
            written = texts().written(field.key, chance)[: field.longest]
            return written.ljust(field.shortest, "。")
