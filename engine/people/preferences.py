"""What a person chose for themselves: the language and look of the pages, and which notices they want."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.people.model import Person

THEMES = ("light", "dark")


def choose_language(session: Session, person_id: int, locale: str) -> None:
    session.get_one(Person, person_id).locale = locale


def choose_theme(session: Session, person_id: int, theme: str | None) -> None:
    """None follows the device. Raises Invalid for a word that is no theme."""
    if theme is not None and theme not in THEMES:
        raise Invalid("theme.unknown", f"There is no theme {theme!r}.")
    session.get_one(Person, person_id).theme = theme


def mute(session: Session, person_id: int, kinds: Collection[str]) -> None:
    """Leaves out these sorts of notices from now on, and no others; what sorts there are is `notify`'s to say."""
    session.get_one(Person, person_id).muted = sorted(set(kinds)) or None
