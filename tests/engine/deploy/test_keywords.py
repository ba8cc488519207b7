"""keywords.yaml: which words sort a report, and every fault of the file told at once."""

from pathlib import Path

import pytest

from engine import deploy
from engine.deploy import UNSORTED, Keywords, read_keywords
from engine.errors import Invalid
from engine.web.words.categories import CATEGORIES

BPMN = Path(__file__).parents[3] / "bpmn"
SHIPPED = read_keywords("keywords.yaml", (BPMN / "case" / "keywords.yaml").read_bytes())


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("楼上漏水，天花板发霉", "neighbour.leak"),
        ("老板拖欠三个月工资，二十个人没拿到钱", "labour.wages"),
        ("半夜装修，电钻响到十二点", "noise.renovation"),
        ("健身房关门，会员卡里的钱不退", "consumer.prepaid"),
        ("The flat above is leaking", "neighbour.leak"),
        ("RENT and deposit were not paid back by the landlord", "contract.lease"),
        ("the current", UNSORTED),  # not `rent`
        ("今天天气不错", UNSORTED),
        ("", UNSORTED),
    ],
)
def test_the_shipped_words_sort_what_people_write(text: str, category: str) -> None:
    assert SHIPPED.sort(text).category == category


def test_most_words_win_and_the_first_of_equals() -> None:
    words = Keywords({"a": ("x水",), "b": ("x水", "y漏"), "c": ("x水", "y漏")})
    found = words.sort("x水 y漏")
    assert (found.category, found.words) == ("b", ("x水", "y漏"))
    assert words.sort("x水").category == "a"


def test_every_category_has_a_name_on_the_pages() -> None:
    assert set(SHIPPED.words) | {UNSORTED} <= set(CATEGORIES)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[leak]", ""),
        ("Labour: [x]", "Labour"),
        ("labour: x", "labour"),
        ("labour: [1]", "labour"),
        ("labour: ['']", "labour"),
        ("labour: [Leak]", "labour"),
        ("labour: [x]\nlabour: [y]", "labour"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_keywords("keywords.yaml", text.encode())
    assert place in [where for where, _ in refused.value.facts["problems"]]


def test_a_release_with_broken_words_is_not_published() -> None:
    files = {**deploy.read_folder(BPMN), "case/keywords.yaml": b"labour: x"}
    findings = [each for each in deploy.check_release(files) if each.file == "case/keywords.yaml"]
    assert [each.severity for each in findings] == ["error"]
