"""A backup: one file with every row of one snapshot, written while others go on, and read back whole or not at all.

A zip file with `tables/<name>.jsonl`, a row per line, then what else belongs to the installation, and at the end
`manifest.json`: the revision of the tables, their columns, how many rows each has and their digest. What was broken off
has no manifest, and is no backup. It goes into either database, also into a newer release: the tables are made as they
were, filled, and then brought up to date.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy.orm import Session

from engine.errors import Invalid, Unavailable
from engine.store import portable
from engine.store.database import Store
from engine.store.migrate import knows_revision, migrate
from engine.store.moving import Progress, make_ready

T = TypeVar("T")

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, json.JSONDecodeError, UnicodeDecodeError)
"""What reading a file raises whose bytes are not those that were written."""
FORMAT = 2
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 64 * 1024 * 1024
LONGEST_LINE = 512 * 1024 * 1024
"""Of a row; a saved state or a table of figures may have some megabytes."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about its tables."""

    revision: str
    made_at: str
    tables: tuple[Mapping[str, Any], ...]

    @property
    def rows(self) -> int:
        return sum(each["rows"] for each in self.tables)


def back_up(
    session: Session,
    file: Path,
    *,
    revision: str,
    now: datetime,
    beside: Callable[[Session, zipfile.ZipFile], T],
    progress: Progress,
) -> tuple[Manifest, T]:
    """Writes what the session's snapshot holds; `file` is there whole or not at all, readable by its owner only.

    `beside` puts in what else belongs to the installation, and may end the snapshot; what it gives is given on. Raises
    Unavailable when the file cannot be written.
    """
    passing = file.with_name(file.name + ".part")
    try:
        written = _write(session, passing, revision, now, beside, progress)
        passing.rename(file)
    except OSError as error:
        raise Unavailable(
            "backup.unwritable", f"The backup cannot be written: {error.strerror} ({error.filename or file})."
        ) from error
    finally:
        passing.unlink(missing_ok=True)
    return written


def _write(
    session: Session,
    passing: Path,
    revision: str,
    now: datetime,
    beside: Callable[[Session, zipfile.ZipFile], T],
    progress: Progress,
) -> tuple[Manifest, T]:
    connection = portable.prepare(session)
    tables = []
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for shape in portable.shapes(connection):
                counted = portable.Counted()
                with archive.open(f"tables/{shape.name}.jsonl", "w", force_zip64=True) as lines:
                    for rows in portable.read(connection, shape):
                        for line in map(portable.encoded, rows):
                            counted.add(line)
                            lines.write(line + b"\n")
                        progress(shape.name, len(rows))
                tables.append(_told(shape, counted))
            given = beside(session, archive)
            manifest = Manifest(revision, now.isoformat(), tuple(tables))
            archive.writestr(MANIFEST, json.dumps(_document(manifest), ensure_ascii=False, indent=1))
        raw.flush()
        os.fsync(raw.fileno())
    return manifest, given


def read_manifest(file: Path) -> Manifest:
    """Raises Invalid for what is no whole backup, or one of a release that is newer than this."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(MANIFEST) as part:
            found = json.loads(part.read(LARGEST_MANIFEST))
        manifest = Manifest(found["revision"], found["made_at"], tuple(found["tables"]))
        version = found["format"]
    except (OSError, ValueError, TypeError, *DAMAGED) as error:
        raise Invalid("backup.unreadable", f"{file} is no whole backup.") from error
    if version != FORMAT or not knows_revision(manifest.revision):
        raise Invalid("backup.newer", f"{file} was made by a newer release; restore it with that one.")
    return manifest


def put_back(
    file: Path,
    target: Store,
    *,
    beside: Callable[[zipfile.ZipFile], T],
    finish: Callable[[Session], object],
    progress: Progress,
) -> tuple[Manifest, T]:
    """Fills an empty database. `beside` takes out what else belongs to the installation, before any row names it, and
    what it gives is given on; `finish` acts in the transaction of the rows. Broken off, the database holds no row.

    Raises Conflict for a database that holds something, and for a table that is not what the manifest says; Invalid for
    a file that was damaged since.
    """
    manifest = read_manifest(file)
    shapes = [_shape(each) for each in manifest.tables]
    make_ready(target, shapes, revision=manifest.revision)
    try:
        with zipfile.ZipFile(file) as archive:
            given = beside(archive)
            with target.transaction() as session:
                _fill(session, archive, manifest, shapes, progress)
                finish(session)
    except DAMAGED as error:
        words = f"{file} is damaged: restore another backup. The database holds no row of this one."
        raise Invalid("backup.damaged", words) from error
    migrate(target)
    return manifest, given


def _fill(
    session: Session, archive: zipfile.ZipFile, manifest: Manifest, shapes: Sequence[portable.Shape], progress: Progress
) -> None:
    connection = portable.prepare(session)
    for shape, told in zip(shapes, manifest.tables, strict=True):
        with archive.open(f"tables/{shape.name}.jsonl") as lines:
            portable.write(connection, shape, _portions(lines, shape.name, progress))
        given = portable.Counted(told["rows"], int(told["digest"], 16))
        portable.must_equal(shape, given, portable.count(connection, shape))
    portable.renumber(connection, shapes)


def _portions(lines: IO[bytes], name: str, progress: Progress) -> Iterator[list[portable.Row]]:
    portion: list[portable.Row] = []
    while line := lines.readline(LONGEST_LINE):
        portion.append(portable.decoded(line))
        if len(portion) == portable.PORTION:
            progress(name, len(portion))
            yield portion
            portion = []
    progress(name, len(portion))
    yield portion


def _told(shape: portable.Shape, counted: portable.Counted) -> Mapping[str, Any]:
    columns: Sequence[Sequence[str]] = [list(each) for each in shape.columns]
    told: dict[str, Any] = {"name": shape.name, "columns": columns, "numbered": shape.numbered}
    return told | {"rows": counted.rows, "digest": counted.hex}


def _shape(told: Mapping[str, Any]) -> portable.Shape:
    columns = tuple((str(name), str(kind)) for name, kind in told["columns"])
    if not all(kind in portable.KINDS for _, kind in columns):
        raise Invalid("backup.unreadable", f"Table {told['name']} has a column of a kind that is not known.")
    return portable.Shape(told["name"], columns, told["numbered"])


def _document(manifest: Manifest) -> Mapping[str, Any]:
    return {
        "format": FORMAT,
        "revision": manifest.revision,
        "made_at": manifest.made_at,
        "rows": manifest.rows,
        "tables": manifest.tables,
    }
