"""Areas in proportion, nothing overlaps, nothing is left over."""

import pytest

from engine.reports import squarify

TABLE: list[list[float]] = [
    [6, 6, 4, 3, 2, 2, 1],
    [1],
    [5, 5, 5, 5],
    [1000, 1, 1, 1],
    [3, 0, 2, 0, 1],
    [0.5, 0.25, 0.25],
]


@pytest.mark.parametrize("weights", TABLE)
@pytest.mark.parametrize(("width", "height"), [(640, 400), (300, 900)])
def test_the_box_is_filled_in_proportion(weights: list[float], width: float, height: float) -> None:
    cells = squarify(weights, width, height)
    assert sorted(cell.index for cell in cells) == [i for i, weight in enumerate(weights) if weight > 0]
    for cell in cells:
        assert cell.width * cell.height == pytest.approx(weights[cell.index] / sum(weights) * width * height)
        assert cell.x >= -1e-6
        assert cell.x + cell.width <= width + 1e-6
        assert cell.y >= -1e-6
        assert cell.y + cell.height <= height + 1e-6
    for one in cells:
        for other in cells:
            if one.index < other.index:
                across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
                down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
                assert min(across, down) <= 1e-6, (one, other)


def test_the_example_of_the_paper() -> None:
    """Bruls, Huizing, van Wijk, figure 5: the first column holds the two sixes, 3 by 2 each."""
    first, second = squarify([6, 6, 4, 3, 2, 2, 1], 6, 4)[:2]
    assert (first.x, first.y, first.width, first.height) == pytest.approx((0, 0, 3, 2))
    assert (second.x, second.y, second.width, second.height) == pytest.approx((0, 2, 3, 2))


def test_nothing_to_draw() -> None:
    assert list(squarify([], 640, 400)) == []
    assert list(squarify([0, 0], 640, 400)) == []
    assert list(squarify([1], 0, 400)) == []
