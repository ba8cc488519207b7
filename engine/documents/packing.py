"""All contents that rows name, for a backup: listed, packed into its file, and put back as they were.

`documents.jsonl` has a line for each, [hash, kind, bytes or null for a file that was not there]. `documents/<hash>` are
the files, previews beside them; they are left out when somebody copies the folder by other means.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from engine.config import DocumentsConfig
from engine.documents.folder import PARTS, PREVIEW, hash_of, named, path_of, written
from engine.errors import Invalid, Unavailable

LIST = "documents.jsonl"
CHUNK = 1024 * 1024
LONGEST_LINE = 256

Progress = Callable[[int], object]
"""Told how many contents have passed."""


@dataclass(frozen=True, slots=True)
class Packed:
    """How many contents rows name, and the hashes of those that are missing or not what was once added."""

    listed: int
    absent: list[str]


def contents(session: Session) -> list[tuple[str, str]]:
    """Hash and kind of every content that rows name."""
    return [(sha256, kind) for part in PARTS for sha256, kind in sorted(named(session, part).items())]


def pack(
    archive: zipfile.ZipFile,
    known: Sequence[tuple[str, str]],
    limits: DocumentsConfig,
    *,
    whole: bool,
    progress: Progress,
) -> Packed:
    """Lists contents, and with `whole` packs them, one at a time; a damaged one too, better than none.

    A content never changes: the snapshot that named it may have ended, so that nobody waits while many are copied.
    """
    lines, absent = [], []
    for done, (sha256, kind) in enumerate(known, 1):
        path = path_of(limits.folder, sha256)
        size = path.stat().st_size if path.is_file() else None
        lines.append(json.dumps([sha256, kind, size]) + "\n")
        if size is None or (whole and put_in(archive, path, _name(path)) != sha256):
            absent.append(sha256)
        preview = path.with_name(path.name + PREVIEW)
        if whole and preview.is_file():
            put_in(archive, preview, _name(preview))
        progress(done)
    archive.writestr(LIST, "".join(lines))
    return Packed(len(known), absent)


def unpack(archive: zipfile.ZipFile, limits: DocumentsConfig, *, progress: Progress) -> Packed:
    """Writes into the folder what is packed, and compares all that was there when it was listed; what is in the folder
    as it was stays.

    Raises Invalid for a list that is none, and Unavailable when the folder cannot be written.
    """
    compared, absent = 0, list[str]()
    for sha256, _kind in listed(archive, LIST, r"[0-9a-f]{64}"):
        path = path_of(limits.folder, sha256)
        preview = path.with_name(path.name + PREVIEW)
        try:
            is_there = (path.is_file() and hash_of(path) == sha256) or take_out(archive, _name(path), path, sha256)
            if not preview.is_file():
                take_out(archive, _name(preview), preview)
        except OSError as error:
            words = f"The folder of documents ({limits.folder}) cannot be written: {error.strerror}."
            raise Unavailable("document.folder", words) from error
        if not is_there:
            absent.append(sha256)
        compared += 1
        progress(compared)
    return Packed(compared, absent)


def put_in(archive: zipfile.ZipFile, path: Path, name: str, *, small: bool = False) -> str:
    """Stored as it is, for pictures and papers are compressed already, or made `small`. Gives the hash of the file."""
    member = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    member.compress_type = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
    with path.open("rb") as source, archive.open(member, "w") as target:
        return _copied(source, target)


def take_out(archive: zipfile.ZipFile, name: str, path: Path, sha256: str | None = None) -> bool:
    """Whether it was packed, and undamaged; what is damaged is not kept."""
    try:
        with archive.open(name) as source, written(path) as target:
            if _copied(source, target) != sha256 and sha256 is not None:
                raise zipfile.BadZipFile
    except (KeyError, EOFError, zipfile.BadZipFile, zlib.error):  # not there, or damaged
        return False
    return True


def _name(path: Path) -> str:
    return f"documents/{path.name}"


def _copied(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in iter(partial(source.read, CHUNK), b""):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def listed(archive: zipfile.ZipFile, name: str, key: str) -> Iterator[tuple[str, str]]:
    """The first two words of each line of a list, [word, word, bytes or null], whose file was there.

    Raises Invalid where a first word is not of the pattern `key`: it is going to be the name of a file.
    """
    with archive.open(name) as lines:
        for line in iter(partial(lines.readline, LONGEST_LINE), b""):
            first, second, size = json.loads(line)
            if not re.fullmatch(key, first):
                raise Invalid("backup.unreadable", f"The list {name} names what is no file of its kind.")
            if size is not None:
                yield first, second
