"""Somebody who taps, for tests that count what daily acts cost.

A tap is a touch that chooses, opens or sends. Typing is not counted, nor the tap that opens a keyboard.
Screenshots of each end lie in var/screenshots, to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

FIRST = (("phone", "zh_CN"), ("desktop", "en"))
SECOND = (("phone", "en"), ("desktop", "zh_CN"))


def in_looks(looks: Sequence[tuple[str, str]]) -> pytest.MarkDecorator:
    """Each width and each language; the roles share the combinations, MAPLEBRIDGE_EVERY_LOOK=1 gives all to each."""
    wanted = (*FIRST, *SECOND) if os.environ.get("MAPLEBRIDGE_EVERY_LOOK") else looks
    given = [pytest.param(*look, id=f"{look[0]}-{look[1][:2]}") for look in wanted]
    return pytest.mark.parametrize(("viewport", "language"), given, indirect=["viewport"])


class Thumb:
    """Somebody who taps. `act` counts what is tapped in it and holds it to what it may cost."""

    def __init__(self, page: Any, url: str, shot: Callable[[str], Path]) -> None:
        self.page, self.url, self.shot = page, url, shot
        self.taps = 0

    def act(self, name: str, do: Callable[[], object], *, most: int) -> None:
        before = self.taps
        do()
        self.shot(f"taps-{name}")
        assert self.taps - before <= most, f"{name} took {self.taps - before} taps"

    def tap(self, what: str, *, goes: bool = False) -> None:
        self.taps += 1
        target = self.page.locator(what).locator("visible=true").first
        if goes:
            with self.page.expect_navigation():
                target.click()
        else:
            target.click()

    def choose(self, key: str, value: str) -> None:
        if self.page.locator(f'select[name="{key}"]').count():
            self.pick(key, value)
        else:
            self.tap(f'label:has(input[name="{key}"][value="{value}"])')

    def pick(self, key: str, value: str) -> None:
        self.taps += 2
        self.page.locator(f'select[name="{key}"]').select_option(value)

    def type(self, key: str, text: str) -> None:
        self.page.locator(f'[name="{key}"]:not([type=hidden])').locator("visible=true").first.fill(text)

    def send(self, form: str) -> None:
        self.tap(f"{form} button.main, {form} .send button", goes=True)
        assert not self.page.locator(".summary[role=alert]").count(), self.page.locator(".summary").inner_text()

    def at(self, address: str) -> None:
        """Where an act begins; getting there is not part of it."""
        self.page.goto(self.url + address)


Come = Callable[[str | None, str], Thumb]
