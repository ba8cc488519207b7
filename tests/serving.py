"""The server that the product ships with, on a free port of this machine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import waitress


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Gives the address. What is being answered when the block ends is finished first."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it tells of every request that waits
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"

    def close_all() -> None:  # by the thread that owns the sockets: its loop ends when none is left
        for each in list(server._map.values()):
            each.close()

    server.task_dispatcher.shutdown()
    with suppress(OSError):  # an answer has just woken the loop: it has closed all before this wakes it
        server.trigger.pull_trigger(close_all)
    thread.join()
