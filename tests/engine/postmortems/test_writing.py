"""What keeps a post-mortem or an assessment from being submitted, as tables."""

from __future__ import annotations

import pytest

from engine import assessments, postmortems
from engine.assessments import Risk
from engine.postmortems import Line

LINE = Line("装监测", "社区", "2026-04-01")


@pytest.mark.parametrize(
    ("cause", "missed", "lines", "whole", "faults"),
    [
        ("", "", (), False, set()),
        ("", "", (), True, {"cause", "missed", "action-0"}),
        ("成因", "信号", (LINE,), True, set()),
        ("成因", "信号", (Line("", "", ""), LINE), True, set()),
        ("成因", "信号", (Line("装监测", "", "2026-04-01"),), False, {"action-0"}),
        ("成因", "信号", (LINE, Line("修", "物业", "someday")), True, {"action-1"}),
        ("成" * 8001, "", (), False, {"cause"}),
    ],
)
def test_a_post_mortem(cause: str, missed: str, lines: tuple[Line, ...], whole: bool, faults: set[str]) -> None:
    assert set(postmortems.faults_in(postmortems.Draft(cause, missed, "", lines), whole=whole)) == faults


@pytest.mark.parametrize(
    ("draft", "whole", "faults"),
    [
        (assessments.Draft("地铁", "", (), "", "", ""), False, set()),
        (
            assessments.Draft("", "", (), "", "", ""),
            True,
            {"project", "stakeholders", "level", "measures", "decision", "risk-0"},
        ),
        (assessments.Draft("地铁", "居民", (Risk("噪音", "high", "夜间停工"),), "high", "告知", "go"), True, set()),
        (assessments.Draft("地铁", "居民", (Risk("噪音", "", ""),), "high", "告知", "go"), True, {"risk-0"}),
        (assessments.Draft("地铁", "居民", (), "huge", "告知", "maybe"), False, {"level", "decision"}),
    ],
)
def test_an_assessment(draft: assessments.Draft, whole: bool, faults: set[str]) -> None:
    assert set(assessments.faults_in(draft, whole=whole)) == faults
