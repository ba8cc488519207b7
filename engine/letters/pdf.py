"""A letter as PDF, by LibreOffice where it is installed: one at a time, with a time limit, outside transactions."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from engine.config import LettersConfig
from engine.errors import NotFound, Unavailable

PATIENCE_S = 5
"""So long does one wait for another: whoever waits keeps a thread of the server."""
_ONE_AT_A_TIME = threading.Lock()
"""The program takes some hundred megabytes and a processor while it runs."""


def converter(settings: LettersConfig) -> str | None:
    """Where the program lies; None where there is none."""
    return shutil.which(settings.converter) if settings.converter else None


def pdf_of(settings: LettersConfig, word: bytes) -> bytes:
    """Raises NotFound `letter.no_converter`, and Unavailable `letter.busy`, `letter.slow` or `letter.not_converted`.

    The program gets a folder and a profile of its own, which are gone afterwards, and nothing of our environment.
    """
    program = converter(settings)
    if program is None:
        raise NotFound("letter.no_converter", "LibreOffice is not installed on this server.")
    if not _ONE_AT_A_TIME.acquire(timeout=PATIENCE_S):
        raise Unavailable("letter.busy", "Other letters are being converted.", retry_after_s=30)
    try:
        with tempfile.TemporaryDirectory(prefix="letter-") as folder:
            return _converted(program, Path(folder), word, settings.converter_seconds)
    finally:
        _ONE_AT_A_TIME.release()


def _converted(program: str, folder: Path, word: bytes, seconds: int) -> bytes:
    (folder / "letter.docx").write_bytes(word)
    command = [
        program,
        *("--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={(folder / 'profile').as_uri()}"),
        *("--convert-to", "pdf", "--outdir", str(folder), str(folder / "letter.docx")),
    ]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Unavailable("letter.slow", "The conversion took too long.", retry_after_s=60) from None
    finally:
        _end(process)
    made = folder / "letter.pdf"
    if not made.is_file() or not (content := made.read_bytes()).startswith(b"%PDF-"):
        raise Unavailable("letter.not_converted", "LibreOffice made no PDF of this letter.")
    return content


def _end(process: subprocess.Popen[bytes]) -> None:
    """The program starts others; all of them are one group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
