"""The fields of an element template that say which letters a task calls for, and which one it delivers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.letters import KINDS
from engine.vocabulary import Vocabulary


def letter_fields(words: Vocabulary) -> Iterator[dict[str, Any]]:
    """None where the vocabulary has no letters."""
    if not words.letters:
        return
    one, known = "|".join(words.letters), ", ".join(words.letters)
    call = rf"({one})(\s+if\s+[^;]+)?"
    yield {
        "label": ("应发文书", "Letters to issue"),
        "type": "String",
        "optional": True,
        "binding": {"type": "camunda:property", "name": "letter"},
        "description": (
            f'完成后应发的文书，用分号分隔，可加条件，如 acceptance if decision == "accept"。文书：{known}',
            "Once the step is done; with ; between them, each with a condition where it needs one: "
            f'acceptance if decision == "accept". Letters: {known}',
        ),
        "constraints": {
            "pattern": {
                "value": rf"^\s*{call}(\s*;\s*{call})*\s*;?\s*$",
                "message": ("只能填写列出的文书", "Only the letters that are listed"),
            }
        },
    }
    yield {
        "label": ("送达文书", "Letter it delivers"),
        "type": "Dropdown",
        "optional": True,
        "binding": {"type": "camunda:property", "name": "delivers"},
        "description": ("由本步骤送达的文书", "The letter that this step delivers"),
        "choices": [
            {"value": "", "name": ("—", "—")},
            *({"value": each, "name": (KINDS[each].zh, KINDS[each].en)} for each in words.letters),
        ],
    }
