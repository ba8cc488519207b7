"""Databases for benches and harnesses: an empty one of the kind asked for, thrown away afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import postgres

KINDS = ("sqlite", "postgresql")


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """An empty database: `sqlite`, `postgresql` (a server is started when none is named), or an address as given."""
    if kind == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="mb-bench-"))
        try:
            yield f"sqlite:///{folder / 'bench.sqlite'}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    elif kind == "postgresql":
        with postgres.running() as server, server.database() as url:
            yield url
    else:
        yield kind


SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB", "random_page_cost=1.1", "max_locks_per_transaction=256")
"""What an operator sets on a server with a solid-state disk, and room for a large load."""


FILLING = ("wal_level=minimal", "max_wal_senders=0", "fsync=off", "full_page_writes=off", "autovacuum=off")
"""While it is filled: what breaks off is made anew."""


@contextmanager
def kept(folder: Path, *settings: str) -> Iterator[str]:
    """A PostgreSQL database in a folder, made on first use and there again the next time."""
    with postgres.kept_in(folder, *SETTINGS, *settings) as server:
        yield server.lasting("district")


@contextmanager
def each(kinds: Sequence[str]) -> Iterator[dict[str, str]]:
    """Several at once, by kind."""
    with ExitStack() as stack:
        yield {kind: stack.enter_context(fresh(kind)) for kind in kinds}
