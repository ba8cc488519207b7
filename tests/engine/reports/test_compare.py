"""Streets are compared by what was to be expected of them, not by their size or by the gravity of their matters."""

import pytest

from engine.reports.places import compare
from engine.territory import Unit


def unit(unit_id: str, **more: object) -> Unit:
    return Unit(id=unit_id, tier="street", seq=0, name_zh=unit_id, name_en=unit_id, **more)


def test_a_place_with_graver_matters_is_not_blamed_for_them() -> None:
    """Everywhere a tenth of the plain and half of the serious matters are overdue, so both are as expected."""
    plain, grave = compare(
        "D",
        [(unit("D.A"), 100, 10), (unit("D.B"), 100, 10)],
        graver=[("D.B", 3, 60)],
        overdue=[("D.A", 1, 10), ("D.B", 1, 4), ("D.B", 3, 30)],
    )
    assert (plain.share, grave.share) == (10, 34)
    assert plain.against_expected == pytest.approx(1.0)
    assert grave.against_expected == pytest.approx(1.0)


def test_twice_as_many_as_expected() -> None:
    found = compare(
        "D", [(unit("D.A"), 100, 50), (unit("D.B"), 300, 50)], graver=[], overdue=[("D.A", 1, 20), ("D.B", 1, 20)]
    )
    assert [each.against_expected for each in found] == [pytest.approx(2.0), pytest.approx(2 / 3)]
    assert [each.per_hundred for each in found] == [200, 600]


def test_too_few_to_say() -> None:
    (found,) = compare("D", [(unit("D.A"), 3, 0)], graver=[], overdue=[])
    assert found.against_expected is None
    assert found.per_hundred is None
    assert found.share == 0


def test_closed_places_are_shown_only_while_something_is_open_there() -> None:
    from datetime import date

    gone = date(2026, 1, 1)
    found = compare(
        "D",
        [
            (unit("D"), 2, 0),
            (unit("D.A", valid_to=gone), 0, 0),
            (unit("D.B", valid_to=gone), 1, 0),
            (unit("D.C"), 0, 5),
        ],
        graver=[],
        overdue=[],
    )
    assert [(each.unit.id, each.is_rest) for each in found] == [("D.B", False), ("D.C", False), ("D", True)]
