"""The lists and promises that ship, and what is said of a file that cannot be used."""

from pathlib import Path

import pytest

from engine.config import InspectionsConfig, load_config
from engine.deploy import UNSORTED
from engine.errors import Invalid
from engine.inspections import catalogue
from engine.intake import KINDS
from engine.web.words.categories import CATEGORIES
from tests.web.district import TIERS


def test_what_ships_is_of_the_words_that_the_product_knows() -> None:
    found = catalogue(load_config(None, {}).inspections)
    assert len(found.checklists["building_safety"].items) == 12
    for checklist in found.checklists.values():
        assert set(checklist.tiers) <= set(TIERS)
        for item in checklist.items:
            assert item.category in {*CATEGORIES, UNSORTED}
            assert item.kind in KINDS
    assert [each.minutes for each in found.promises.values()] == [1, 3, 5, 10, 30, 24 * 60]


def test_every_fault_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "- {id: a, minutes: 0, name_zh: 甲, name_en: A, says_zh: 甲, says_en: A}\n- {id: B}\n", encoding="utf-8"
    )
    with pytest.raises(Invalid) as refused:
        catalogue(InspectionsConfig(promises=file))
    assert refused.value.code == "catalogue.invalid"
    assert "line 1: [0].minutes" in refused.value.sentence
    assert "line 2: [1].name_zh" in refused.value.sentence
    file.write_text("- {id: a, minutes: 1, name_zh: 甲, name_en: A, says_zh: 甲, says_en: A}\n" * 2, encoding="utf-8")
    with pytest.raises(Invalid, match="a is there twice"):
        catalogue(InspectionsConfig(promises=file))
