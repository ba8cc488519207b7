"""Releases as the engine uses them: loaded once per process, shared by all threads, pinned by instances for life."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import runtime
from engine.deadlines import Limits, read_limits
from engine.deploy.keywords import Keywords, read_keywords
from engine.deploy.model import Release, ReleaseContent, ReleaseFile
from engine.errors import Conflict, NotFound
from engine.store import Prepared, table_of
from engine.tasks import Form, read_form
from engine.vocabulary import WORDS

KEYWORDS = "keywords.yaml"
PINNED = "release in force"
KEPT = 16
"""How many releases stay loaded; running cases rarely name more."""


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """A release ready to run. `files` are all its bytes by path, for example `small/small.bpmn`."""

    id: int
    files: Mapping[str, bytes]
    package: runtime.Package
    limits: Mapping[str, Limits]
    """By process id."""
    keywords: Keywords
    """Empty when the release has no keywords.yaml."""
    _forms: Mapping[str, Form] = field(repr=False)
    _folders: Mapping[str, str] = field(repr=False)

    def form(self, process_id: str, key: str) -> Form:
        """The form of a task: from the process's own folder, else the shared ones. NotFound names both."""
        folder = self._folders.get(process_id, "")
        for path in (f"{folder}/forms/{key}.form", f"forms/{key}.form"):
            if path in self._forms:
                return self._forms[path]
        raise NotFound("form.missing", f"There is no form {key!r} in {folder}/forms or forms.", form=key)

    @property
    def forms(self) -> Mapping[str, Form]:
        """Every form by its key, those that several processes use with them."""
        return {PurePosixPath(path).stem: form for path, form in self._forms.items()}

    def file(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise NotFound("release.file_missing", f"Release {self.id} has no file {path!r}.") from None

    def process_file(self, process_id: str) -> bytes:
        """The diagram that holds a process."""
        facts = self.package.processes.get(process_id)
        if facts is None:
            raise NotFound("process.unknown", f"Release {self.id} has no process {process_id!r}.")
        return self.file(facts.path)


def load(release_id: int, files: Mapping[str, bytes]) -> LoadedRelease:
    """Compiles a set of files. Raises Invalid with findings when it cannot run."""
    models = {path: data for path, data in files.items() if path.endswith((".bpmn", ".dmn"))}
    package = runtime.compile_package(models, WORDS)
    folders = {pid: str(PurePosixPath(facts.path).parent) for pid, facts in package.processes.items()}
    by_folder = {
        str(PurePosixPath(path).parent): read_limits(path, data)
        for path, data in files.items()
        if path.endswith("limits.yaml")
    }
    limits = {pid: by_folder.get(folder, Limits(f"{folder}/limits.yaml", {})) for pid, folder in folders.items()}
    forms = {path: read_form(path, data) for path, data in files.items() if path.endswith(".form")}
    words = next((read_keywords(path, data) for path, data in files.items() if path.endswith(KEYWORDS)), Keywords())
    return LoadedRelease(release_id, dict(files), package, limits, words, forms, folders)


_NEWEST = Prepared(select(table_of(Release).c.id).order_by(Release.id.desc()).limit(1))


class Releases:
    """The releases of one database, loaded on first use. Thread-safe; what is loaded never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[int, LoadedRelease] = {}

    def current(self, session: Session) -> LoadedRelease:
        """The release new cases start on. Raises NotFound when nothing was published yet."""
        pinned: LoadedRelease | None = session.info.get(PINNED)
        if pinned is not None:
            return pinned
        newest = _NEWEST.rows(session, {})
        if not newest:
            raise NotFound("release.none", "No process has been published yet: run `maplebridge publish`.")
        return self.get(session, newest[0][0])

    @contextmanager
    def pinned(self, session: Session) -> Iterator[None]:
        """Has the release in force asked once for all that is begun meanwhile in this transaction."""
        session.info[PINNED] = self.current(session)
        try:
            yield
        finally:
            del session.info[PINNED]

    def get(self, session: Session, release_id: int) -> LoadedRelease:
        with self._lock:
            found = self._loaded.get(release_id)
        if found is not None:
            return found
        files = files_of(session, release_id)
        loaded = load(release_id, files)
        with self._lock:
            while len(self._loaded) >= KEPT:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[release_id] = loaded
        return loaded


def files_of(session: Session, release_id: int) -> dict[str, bytes]:
    rows = session.execute(
        select(ReleaseFile.path, ReleaseContent.content)
        .join(ReleaseContent, ReleaseContent.hash == ReleaseFile.content_hash)
        .where(ReleaseFile.release_id == release_id)
        .order_by(ReleaseFile.path)
    )
    files = {path: bytes(content) for path, content in rows}
    if not files:
        raise NotFound("release.unknown", f"There is no release {release_id}.")
    return files


def recent_releases(session: Session, *, most: int = 200) -> Sequence[Release]:
    """Newest first."""
    return session.scalars(select(Release).order_by(Release.id.desc()).limit(most)).all()


def get_release(session: Session, release_id: int) -> Release:
    """Raises NotFound."""
    found = session.get(Release, release_id)
    if found is None:
        raise NotFound("release.unknown", f"There is no release {release_id}.")
    return found


def release_before(session: Session, release_id: int) -> Release | None:
    return session.scalars(select(Release).where(Release.id < release_id).order_by(Release.id.desc()).limit(1)).first()


def files_in_force(session: Session) -> dict[str, bytes]:
    """The files of the newest release; none before the first."""
    newest = session.scalar(select(Release.id).order_by(Release.id.desc()).limit(1))
    return {} if newest is None else files_of(session, newest)


def fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode())
        digest.update(files[path])
    return digest.hexdigest()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Everything a release is made of below `bpmn/`: diagrams, tables, forms, limits and scenarios."""
    wanted = (".bpmn", ".dmn", ".form", ".yaml")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in wanted and not path.name.startswith(".")
    }


def store_release(
    session: Session,
    files: Mapping[str, bytes],
    *,
    reason: str,
    actor_id: int | None,
    now: datetime,
    expected: int | None = None,
) -> Release:
    """Writes a release; the same content as the newest one is that one again. Checked by `publish`, not here.

    `expected` is the release the author started from: when another came in between, Conflict.
    """
    mark = fingerprint(files)
    newest = _newest_locked(session)
    if newest is not None and newest.fingerprint == mark:
        return newest
    if expected is not None and newest is not None and newest.id != expected:
        raise Conflict(
            "release.moved_on",
            f"Release {newest.id} was published meanwhile; look at it and publish again.",
            release=newest.id,
        )
    before = {} if newest is None else files_of(session, newest.id)
    folders = sorted(
        {path.split("/")[0] for path in {*before, *files} if before.get(path) != files.get(path)},
    )
    release = Release(
        fingerprint=mark, published_at=now, published_by=actor_id, reason=reason, changed=",".join(folders)
    )
    session.add(release)
    session.flush()
    hashes = keep_contents(session, files)
    session.execute(
        insert(table_of(ReleaseFile)),
        [{"release_id": release.id, "path": path, "content_hash": hashes[path]} for path in sorted(files)],
    )
    return release


def keep_contents(session: Session, files: Mapping[str, bytes]) -> dict[str, str]:
    """Keeps what files say, each content once for all; gives path → hash."""
    hashes = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    known = set(session.scalars(select(ReleaseContent.hash).where(ReleaseContent.hash.in_(hashes.values()))))
    contents = {hashes[path]: data for path, data in files.items() if hashes[path] not in known}
    if contents:
        session.execute(
            insert(table_of(ReleaseContent)), [{"hash": h, "content": c} for h, c in sorted(contents.items())]
        )
    return hashes


def contents_of(session: Session, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """What `keep_contents` kept, by path."""
    rows = session.execute(
        select(ReleaseContent.hash, ReleaseContent.content).where(ReleaseContent.hash.in_(set(hashes.values())))
    )
    known = {mark: bytes(content) for mark, content in rows}
    return {path: known[mark] for path, mark in sorted(hashes.items())}


def _newest_locked(session: Session) -> Release | None:
    """The newest release, held until the transaction ends: who publishes at the same time waits and then sees ours."""
    statement = select(Release).order_by(Release.id.desc()).limit(1)
    while True:
        held = session.scalars(statement.with_for_update()).first()
        newest = session.scalars(statement).first()
        if newest is held:
            return held
