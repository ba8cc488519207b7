"""The files of imports, for a backup: listed, packed into its file, and put back as they were, as documents are.

`imports.jsonl` has a line for each, [name, hash, bytes or null for a file that was not there]; `imports/<name>` are the
files. Backups that were made before there was such a list have none of them.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import documents
from engine.bulk.model import BulkImport
from engine.bulk.spool import FOLDER, path_of
from engine.config import Config
from engine.errors import Unavailable

LIST = "imports.jsonl"


class Spool(NamedTuple):
    """The file of an import."""

    import_id: int
    name: str
    sha256: str


def spools(session: Session) -> list[Spool]:
    """Every file that an import names, oldest first."""
    named = select(BulkImport.id, BulkImport.spool, BulkImport.shape).where(BulkImport.spool.is_not(None))
    rows = session.execute(named.order_by(BulkImport.id))
    return [Spool(import_id, name, shape["sha256"]) for import_id, name, shape in rows if name is not None]


def pack(archive: zipfile.ZipFile, known: Sequence[Spool], config: Config, *, whole: bool) -> list[int]:
    """Lists the files, and with `whole` packs them; gives the imports whose file is missing or damaged."""
    lines, lost = [], []
    for each in known:
        path = path_of(config, each.name)
        size = path.stat().st_size if path.is_file() else None
        lines.append(json.dumps([each.name, each.sha256, size]) + "\n")
        if size is None or (whole and documents.put_in(archive, path, _member(each.name), small=True) != each.sha256):
            lost.append(each.import_id)
    archive.writestr(LIST, "".join(lines))
    return lost


def unpack(archive: zipfile.ZipFile, config: Config) -> None:
    """Writes what is packed beside the documents, but nothing that is damaged; what is there as it was stays.

    Raises Invalid for a list that is none, and Unavailable when the folder cannot be written.
    """
    if LIST not in archive.namelist():
        return
    for name, sha256 in documents.listed(archive, LIST, r"[0-9a-f]{32}"):
        path = path_of(config, name)
        try:
            if not (path.is_file() and documents.hash_of(path) == sha256):
                documents.take_out(archive, _member(name), path, sha256)
        except OSError as error:
            words = f"The folder of imports ({path.parent}) cannot be written: {error.strerror}."
            raise Unavailable("document.folder", words) from error


def lost(known: Sequence[Spool], config: Config) -> list[int]:
    """The imports whose file is not there as it was."""
    return [each.import_id for each in known if not _is_whole(each, config)]


def _is_whole(spool: Spool, config: Config) -> bool:
    path = path_of(config, spool.name)
    return path.is_file() and documents.hash_of(path) == spool.sha256


def _member(name: str) -> str:
    return f"{FOLDER}/{name}"
