"""Which of the product's own forms take one tap, and with which answers."""

import pytest

from engine.deploy import read_folder
from engine.tasks import Form, read_form, taps
from tests.rules.tree import ROOT

FILES = {path: data for path, data in read_folder(ROOT / "bpmn").items() if path.endswith(".form")}


def form(path: str) -> Form:
    return read_form(path, FILES[path])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("extension/forms/decide_extension.form", [("approve", "reason"), ("refuse", "reason")]),
        ("forms/decide_upgrade.form", [("accept", "answer"), ("refuse", "answer"), ("guide", "answer")]),
        ("case/forms/confirm_triage.form", [("agree", None)]),
        ("supervision/forms/supervision_review.form", [("accept", None), ("again", "reason")]),
        ("instruction/forms/instruction_review.form", [("accept", None), ("again", "reason")]),
        ("instruction/forms/instruction_close.form", [("accept", None), ("supervise", "reason")]),
        ("forms/quality_check.form", [("pass", None)]),
        ("forms/handle.form", []),
        ("big/forms/ceiling.form", []),
    ],
)
def test_the_forms_of_the_product(path: str, expected: list[tuple[str, str | None]]) -> None:
    found = taps(form(path))
    assert [(tap.choice.value, tap.reason.key if tap.reason else None) for tap in found] == expected


def test_what_a_tap_answers_is_what_the_form_takes() -> None:
    for path in FILES:
        asked = form(path)
        for tap in taps(asked):
            answers = {tap.key: tap.choice.value, **({tap.reason.key: "同意所请"} if tap.reason else {})}
            assert asked.check(answers)[tap.key] == tap.choice.value, path


def test_a_task_without_a_form_has_nothing_to_tap() -> None:
    assert taps(None) == ()
