"""Process data: flat, and kept where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Invalid


class Frame:
    """Variables of one process, or of one instance of a multi-instance on top of its process's."""

    __slots__ = ("held", "outer", "own")

    def __init__(self, own: dict[str, Any], outer: Frame | None = None, held: tuple[str, ...] = ()) -> None:
        self.own = own
        self.outer = outer
        self.held = held
        """Names that never leave this frame: the item, the counter, input parameters."""

    def view(self) -> dict[str, Any]:
        """All that can be read here, as a new dictionary."""
        return dict(self.own) if self.outer is None else {**self.outer.view(), **self.own}

    def given(self) -> dict[str, Any]:
        """What goes outwards when this frame ends."""
        return {name: value for name, value in self.own.items() if name not in self.held}


def check_data(values: Mapping[str, Any], where: str) -> None:
    """Process data are flat and survive JSON. Raises Invalid `data.not_flat` naming the key."""
    for name, value in values.items():
        flat = all(_scalar(item) for item in value) if isinstance(value, list) else _scalar(value)
        if not name or not flat:
            raise Invalid(
                "data.not_flat",
                f'"{name}" at "{where}" is {type(value).__name__}: only texts, numbers, true, false, null and lists '
                "of them can be kept.",
                element=where,
                name=name,
            )


def _scalar(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor not-a-number
    return value is None or type(value) in (str, int, bool)
