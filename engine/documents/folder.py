"""The folder of contents: each file lies under its SHA-256, a preview beside it, both written once.

A file is written under a passing name, synced and renamed, and only then is it named by a row. What crashes between
leaves a file that no row names; `sweep` finds it. Several nodes share the folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from engine.config import DocumentsConfig
from engine.documents.bare import bare
from engine.documents.kept import Kept
from engine.documents.kinds import PICTURES, clean_name, is_phone_photo, kind_of
from engine.documents.model import Document, Photo
from engine.documents.pictures import MOST_PIXELS, Broken, TooManyPixels, preview_of
from engine.errors import Invalid, Unavailable
from engine.store import lacks

PASSING = ".part"
PREVIEW = ".preview.jpg"
YOUNG = timedelta(days=2)
"""Somebody may still be about to write the row of a file so young."""


def keep(limits: DocumentsConfig, name: str, data: bytes) -> Kept:
    """Checks a content by its bytes and keeps it; a picture `bare`, with its preview. Touches no row; idempotent.

    Raises Invalid `document.empty`, `document.too_large`, `document.kind`, `document.broken` with a sentence that
    names the file, and Unavailable when the folder cannot be written.
    """
    shown = clean_name(name)
    if not data:
        raise _refused("empty", shown, "文件是空的。", "the file is empty.")
    if len(data) > limits.max_bytes:
        most = whole_mb(limits)
        raise _refused("too_large", shown, f"超过 {most} MB。", f"it is larger than {most} MB.")
    kind = kind_of(data)
    if kind is None:
        if is_phone_photo(data):
            raise _refused(
                "kind",
                shown,
                "不接受 HEIC 照片。请在手机相机设置中选择“兼容性最佳”，或在本页直接拍照。",
                "HEIC photos are not taken. Choose “Most Compatible” in the camera's settings, or take it here.",
            )
        raise _refused(
            "kind",
            shown,
            "只接受照片（JPEG、PNG、WebP）、PDF、Word、Excel 和纯文本。",
            "only photos (JPEG, PNG, WebP), PDF, Word, Excel and plain text are taken.",
        )
    small = None
    if kind in PICTURES:
        try:
            small, way_up = preview_of(data, kind)
            data = bare(data, kind, way_up=way_up)
        except Broken:
            raise _refused("broken", shown, "这不是完好的照片。", "this is not an undamaged photo.") from None
        except TooManyPixels:
            most = MOST_PIXELS // 1_000_000
            raise _refused(
                "broken", shown, f"照片超过 {most} 百万像素。", f"the photo has more than {most} million pixels."
            ) from None
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(limits.folder, sha256)
    try:
        if small is not None:
            _write(path.with_name(path.name + PREVIEW), small)
        _write(path, data)
    except OSError as error:
        raise _folder_refuses() from error
    return Kept(shown or sha256[:8], kind, sha256, len(data))


def must_take_files(limits: DocumentsConfig, *, room_bytes: int) -> None:
    """Raises Unavailable where the folder cannot be reached or written, or has less room than that. Writes nothing."""
    if lacks(limits.folder, room_bytes=room_bytes):
        raise _folder_refuses()


def whole_mb(limits: DocumentsConfig) -> int:
    """How large a file may be, as people are told."""
    return max(1, limits.max_bytes // (1024 * 1024))


def content(limits: DocumentsConfig, document: Document) -> bytes:
    """The content as it was given. Raises Unavailable when the file is missing or is not what it was."""
    data = _read(path_of(limits.folder, document.sha256))
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise Unavailable("document.damaged", "The file of this document is damaged.", document=document.id)
    return data


def preview(limits: DocumentsConfig, document: Document | Photo) -> bytes:
    """The small JPEG of a picture."""
    path = path_of(limits.folder, document.sha256)
    return _read(path.with_name(path.name + PREVIEW))


PARTS = tuple("0123456789abcdef")
"""The folder is looked through one part at a time, by the beginning of the hash."""


def named(session: Session, part: str) -> dict[str, str]:
    """The contents of a part that rows name, each with its kind, by hash."""
    rows = union(
        *(select(each.sha256, each.kind).where(each.sha256.between(part, part + "g")) for each in (Document, Photo))
    )
    return {row.sha256: row.kind for row in session.execute(rows)}


def sweep(limits: DocumentsConfig, part: str, known: Mapping[str, str], *, now: datetime) -> Iterator[tuple[str, Path]]:
    """What rows (`named`, read before) and files of a part do not have in common: ("missing", file), ("damaged", file)
    when it is not what was added, ("orphan", file) when no row names it. Reads every file; removes nothing.

    Files younger than two days are no orphans: their row may be about to come.
    """
    files = {path.name: path for path in limits.folder.glob(f"{part}?/*") if path.is_file()}
    for name, path in sorted(files.items()):
        if name in known:
            if hash_of(path) != name:
                yield "damaged", path
        elif name.partition(".")[0] not in known and path.stat().st_mtime < (now - YOUNG).timestamp():
            yield "orphan", path
    wanted = {*known, *(sha256 + PREVIEW for sha256, kind in known.items() if kind in PICTURES)}
    for name in sorted(wanted - set(files)):
        yield "missing", limits.folder / name[:2] / name


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def path_of(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A new file, which is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    passing = path.with_name(f"{path.name}.{secrets.token_hex(6)}{PASSING}")
    try:
        with passing.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)


def _refused(code: str, name: str, zh: str, en: str) -> Invalid:
    words = {"zh": f"{name}：{zh}" if name else zh, "en": f"{name}: {en}" if name else en}
    return Invalid(f"document.{code}", words["en"], words=words)


def _folder_refuses() -> Unavailable:
    return Unavailable("document.folder", "The folder of documents cannot be written.", retry_after_s=30)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable("document.missing", "The file of this document cannot be read.") from error


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        path.touch()  # young again: whoever removes orphans must not take it before its row comes
        return
    with written(path) as file:
        file.write(data)
