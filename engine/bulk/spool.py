"""The rows of a file, kept as lines of JSON beside the documents, so that any node reads on from any byte.

Written once under a passing name, synced and renamed; removed when the import is forgotten.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from engine.bulk.workbook import refused
from engine.config import Config
from engine.errors import Unavailable

FOLDER = "imports"
YOUNG = timedelta(days=2)


def write_spool(config: Config, rows: Iterable[Sequence[str]]) -> tuple[str, int, str]:
    """Keeps rows; gives the name of the spool, how many there are, and their hash. Raises Invalid for too many."""
    folder, name = _folder(config), secrets.token_hex(16)
    passing, count, digest = folder / f"{name}.part", 0, hashlib.sha256()
    most = config.imports.max_rows
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with passing.open("xb") as file:
            for row in rows:
                count += 1
                if count > most:
                    raise refused(f"最多 {most} 行，请分成几个文件。", f"At most {most:,} rows; make several files.")
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
                digest.update(line)
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(folder / name)
    except OSError as error:
        raise Unavailable("document.folder", "The folder of documents cannot be written.", retry_after_s=30) from error
    finally:
        passing.unlink(missing_ok=True)
    return name, count, digest.hexdigest()


def read_spool(config: Config, name: str, *, place: int = 0) -> Iterator[tuple[list[str], int]]:
    """Each row from a byte on, with the byte behind it. Raises Unavailable when the file is not there."""
    try:
        with path_of(config, name).open("rb") as file:
            file.seek(place)
            for line in file:
                place += len(line)
                yield json.loads(line), place
    except OSError as error:
        raise Unavailable("import.file_missing", "The file of this import cannot be read.") from error


def remove_spool(config: Config, name: str) -> None:
    path_of(config, name).unlink(missing_ok=True)


def remove_orphans(config: Config, named: Collection[str | None], *, now: datetime) -> None:
    """Removes files that no import names and that are older than two days: no row will come for them any more."""
    for path in _folder(config).glob("*"):
        if path.name not in named and path.stat().st_mtime < (now - YOUNG).timestamp():
            path.unlink(missing_ok=True)


def path_of(config: Config, name: str) -> Path:
    return _folder(config) / name


def _folder(config: Config) -> Path:
    return config.documents.folder / FOLDER
