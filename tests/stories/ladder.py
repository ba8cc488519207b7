"""What several stories of the ladder have in common: the places, and what people answer on the way."""

from __future__ import annotations

from collections.abc import Callable

from engine import process
from tests.stories.district import District

GRID = "LHQ.MZ.01.01.01"
ZONE = "LHQ.MZ.01.01"
COMMUNITY = "LHQ.MZ.01"
STREET = "LHQ.MZ"

Open = Callable[[str], District]


RESULT = {
    "result_code": "agreement_oral",
    "substantive": "yes",
    "summary": "双方和解",
    "reply_text": "已办结",
    "evidence": "现场照片",
}
AGREEMENT = {
    "agreement_form": "written",
    "facts": "音响扰民",
    "disputed": "时段",
    "duties": "限时",
    "terms": "21:30前结束",
    "performance_way": "当场",
}


def handled(outcome: str) -> dict[str, str]:
    return {"action_type": "talk", "findings": "已了解情况", "outcome": outcome}


def confirm(here: District, case: int) -> None:
    here.do(case, "t_confirm_triage", verdict="agree")


def begin_handling(here: District, case: int) -> None:
    """Whatever a diagram asks between signing in and handling."""
    for element, answers in (
        ("t_first_contact", {"method": "phone", "reached": "yes", "summary": "已联系"}),
        ("t_assess", {"main_facts": "已核实", "risk_level": "low", "plan": "调解"}),
    ):
        if element in here.open_elements(case):
            here.do(case, element, **answers)


def ask_for_a_rise(here: District, case: int) -> None:
    begin_handling(here, case)
    here.do(
        case,
        "t_handle",
        **handled("up"),
        upgrade_reason="beyond_power",
        done_so_far="走访",
        upgrade_opinion="请上级牵头",
    )


def settle_alone(here: District, case: int) -> None:
    begin_handling(here, case)
    here.do(case, "t_handle", **handled("resolved"))
    here.do(case, "t_resolve", **RESULT)
    finish_check(here, case)


def finish_check(here: District, case: int) -> None:
    if "t_quality_check" in here.open_elements(case):
        here.do(case, "t_quality_check", verdict="pass")


def extension(here: District, case: int, length: str, asker: object) -> None:
    with here.store.transaction() as session:
        process.ask_extension(
            session,
            here.world,
            case,
            length,
            "需第三方鉴定",
            viewer=asker,
            now=here.clock.now(),  # type: ignore[arg-type]
        )
