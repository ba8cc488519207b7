"""What a process says about itself: one line per event on standard error, and nothing about a person in it.

Ours and other packages' events take one way. An unexpected error is told by its type and by where it happened: its
text may quote what somebody typed, so it is left out unless an operator who looks for a fault asks for it.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import structlog

Event = MutableMapping[str, Any]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
FRAMES = 12
QUIETER = {
    "apscheduler": logging.ERROR,
    "waitress": logging.WARNING,
    "waitress.queue": logging.ERROR,
    "alembic": logging.WARNING,
}
"""They tell of every tick that finds the one before at work, and of every request that waits."""
_MARK = "maplebridge"


def configure(form: Literal["json", "text"], *, error_texts: bool) -> None:
    """Sends every event of the process to standard error. Called once, by a command that stays."""
    shared: Sequence[Any] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    )
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _plain
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            _ErrorTold(error_texts),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            last,
        ],
        foreign_pre_chain=list(shared),
    )
    handler = _ToStandardError()
    handler.setFormatter(formatter)
    handler.set_name(_MARK)
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if each.get_name() != _MARK] + [handler]
    root.setLevel(logging.INFO)
    for name, level in QUIETER.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def request_id(given: str | None) -> str:
    """What came along when it is a sane id, else a new one: nobody writes lines of their own into the log."""
    return given if given is not None and REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Every event inside says these too: `request`, `case`, `job`. Ids only."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield


class _ToStandardError(logging.Handler):
    """Wherever standard error is when something is said, not where it was at the start."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


class _ErrorTold:
    """Turns an exception into its type and the places it came through, innermost last."""

    def __init__(self, texts: bool) -> None:
        self.texts = texts

    def __call__(self, _logger: Any, _method: str, event: Event) -> Event:
        found = event.pop("exc_info", None)
        if found is True:
            found = sys.exc_info()
        error = found[1] if isinstance(found, tuple) else found
        if isinstance(error, BaseException):
            event["error"] = type(error).__name__
            frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
            event["where"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
            if self.texts:
                event["error_text"] = str(error)
        return event


def _short(path: str) -> str:
    """Without the folders above the package: they say nothing, and differ from machine to machine."""
    for mark in ("/site-packages/", "/engine/", "/webhooks/"):
        if mark in path:
            return path[path.rindex(mark) + (len(mark) if mark == "/site-packages/" else 1) :]
    return path.rpartition("/")[2]


def _plain(_logger: Any, _method: str, event: Event) -> str:
    """For a person at a terminal: instant, level, what, and the facts. A line stays a line whatever a fact holds."""
    at, level, name = event.pop("at", ""), event.pop("level", ""), event.pop("logger", "")
    facts = " ".join(f"{key}={value!r}" for key, value in event.items() if key != "event")
    said = " ".join(str(event.get("event", "")).split())
    return f"{at} {level} {name} {said} {facts}".rstrip()
