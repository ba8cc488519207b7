"""A designer publishes while cases run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import deploy
from engine.errors import Conflict, Invalid
from tests.stories.district import ROOT, District, at
from tests.stories.ladder import GRID

Open = Callable[[str], District]


def changed(path: str, before: str, after: str) -> dict[str, bytes]:
    files = deploy.read_folder(ROOT / "bpmn")
    text = files[path].decode()
    assert before in text
    return {**files, path: text.replace(before, after).encode()}


def publish(here: District, files: dict[str, bytes], expected: int | None = None) -> int:
    with here.store.transaction() as session:
        return deploy.publish(session, files, reason="test", actor_id=None, now=here.clock.now(), expected=expected).id


def test_running_cases_keep_their_version_and_new_ones_take_the_new(district: Open) -> None:
    here = district("2024-11-18 10:00")
    old = here.file(GRID)
    longer = changed("small/limits.yaml", "grid: 2wd\n  zone: 3wd", "grid: 4wd\n  zone: 1wd")
    assert publish(here, longer) == 2
    new = here.file(GRID)
    assert here.clocks(old)["handle"].due_at == at("2024-11-20 18:00")
    assert here.clocks(new)["handle"].due_at == at("2024-11-22 18:00")
    here.until("2024-11-20 18:00")
    assert (here.case(old).tier, here.case(new).tier) == ("zone", "grid")
    assert here.clocks(old)["handle"].due_at == at("2024-11-25 18:00")


def test_publishing_the_same_again_changes_nothing(district: Open) -> None:
    here = district("2024-11-18 10:00")
    assert publish(here, deploy.read_folder(ROOT / "bpmn")) == 1


@pytest.mark.parametrize(
    ("path", "before", "after", "code"),
    [
        ("small/limits.yaml", "handle:", "handel:", "timer.limit_missing"),
        ("small/limits.yaml", "grid: 2wd", "grid: soon", "limits.invalid"),
        ("small/small.bpmn", 'camunda:topic="raise_tier"', 'camunda:topic="raise_teir"', "vocabulary.service"),
        ("small/small.bpmn", 'camunda:formKey="resolve"', 'camunda:formKey="resolved"', "task.form_missing"),
        ("forms/sign_in.form", '"action"', '"akshun"', "form.field_read"),
    ],
)
def test_a_release_that_cannot_run_is_refused_naming_what_and_where(
    district: Open, path: str, before: str, after: str, code: str
) -> None:
    here = district("2024-11-18 10:00")
    with pytest.raises(Invalid) as refused:
        publish(here, changed(path, before, after))
    errors = [each for each in refused.value.facts["findings"] if each.severity == "error"]
    assert any(path.split("/")[-1] in each.file or each.element for each in errors)
    assert code in {each.code for each in errors}
    here.file(GRID)


def test_a_release_whose_scenario_fails_is_refused(district: Open) -> None:
    here = district("2024-11-18 10:00")
    with pytest.raises(Invalid, match="scenario"):
        publish(here, changed("small/scenarios/settled.yaml", "ended: true", "ended: false"))


def test_two_designers_at_once_one_is_told(district: Open) -> None:
    here = district("2024-11-18 10:00")
    publish(here, changed("small/limits.yaml", "grid: 2wd", "grid: 1wd"), expected=1)
    with pytest.raises(Conflict, match="published meanwhile"):
        publish(here, changed("small/limits.yaml", "grid: 2wd", "grid: 5wh"), expected=1)
