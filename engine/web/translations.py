"""The catalogue of the pages' words. Message ids are the English sentences; `zh_CN` says them in Chinese.

`python -m engine.web.translations` compiles what is stale; with `--update` it first gathers the ids from the sources.
The compiled files are not committed: `create_app` compiles what is missing or older than its source.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent
FOLDER = WEB / "translations"
SOURCES = ((WEB, "engine/web"), (WEB.parents[1] / "webhooks", "webhooks"))
"""Whose pages there are; the templates of all lie in `engine/web`."""
METHODS = [("frontend/**", "ignore"), ("static/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]


def gather() -> Catalog:
    """Every message id of the pages, with where it stands."""
    catalog = Catalog(project="Maplebridge", charset="utf-8")
    for folder, place in SOURCES:
        for file, line, message, comments, context in extract_from_dir(folder, METHODS):
            catalog.add(message, None, [(f"{place}/{file}", line)], auto_comments=comments, context=context)
    return catalog


def catalogues() -> Sequence[Path]:
    return sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=path.parent.parent.name)


def update() -> None:
    """Brings every catalogue up to the sources: new ids are added without words, gone ones dropped."""
    template = gather()
    for path in catalogues():
        catalog = read(path)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as target:
            write_po(target, catalog, width=120, omit_header=False, sort_output=True, include_lineno=False)


def compiled_of(path: Path) -> Path:
    """Babel calls zh_CN zh_Hans_CN when it looks for a compiled catalogue, and settles for the bare language."""
    language = path.parent.parent.name.partition("_")[0]
    return path.parents[2] / language / "LC_MESSAGES" / "messages.mo"


def compile_stale() -> list[Path]:
    """Compiles catalogues whose compiled file is missing or older; gives those that were written. Idempotent.

    Written beside and moved into place, so that two processes starting at once do no harm.
    """
    written = []
    for path in catalogues():
        compiled = compiled_of(path)
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        compiled.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=compiled.parent, suffix=".mo.tmp", delete=False) as target:
            write_mo(target, read(path))
        os.chmod(target.name, 0o644)
        Path(target.name).replace(compiled)
        written.append(compiled)
    return written


if __name__ == "__main__":
    if "--update" in sys.argv[1:]:
        update()
    for file in compile_stale():
        sys.stdout.write(f"{file.relative_to(WEB)}\n")
