"""The folder in which somebody lays `.eml` files: each is read, and then moved into the folder of what became of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from webhooks.mailbox.model import Outcome

FOLDERS = {
    Outcome.FILED: "filed",
    Outcome.ADDED: "filed",
    Outcome.LEFT: "left",
    Outcome.REFUSED: "refused",
}


def waiting(folder: Path, most: int) -> Iterator[Path]:
    """The first so many by name. Whoever lays a file writes it under another ending and renames it when it is whole.

    Links lead elsewhere and are no mail. Raises OSError where the folder cannot be read.
    """
    found = sorted(each.path for each in os.scandir(folder) if each.is_file(follow_symlinks=False))
    mails = [path for path in found if path.lower().endswith(".eml")]
    yield from map(Path, mails[:most])


def put(path: Path, outcome: Outcome, key: str) -> None:
    """Moves a file where its outcome says; another node may have been quicker."""
    with suppress(FileNotFoundError):
        place = path.parent / FOLDERS[outcome]
        place.mkdir(exist_ok=True)
        path.replace(place / name_of(path, key))


def name_of(path: Path, key: str) -> str:
    """A name that no other mail in the folder has."""
    return f"{key[:16]}-{path.name[-120:]}"
