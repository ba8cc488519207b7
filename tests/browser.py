"""A real Chromium: `page` fails the test on an error, a warning or a request that leaves the machine.

`viewport` is desktop unless parametrised: @pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest

from tests.serving import served

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
"""The last of them keeps every request on this machine; `watch` says who tried."""
VIEWPORTS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
ROOT = Path(__file__).parents[1]
SCREENSHOTS = ROOT / "var" / "screenshots"
VENDOR = ROOT / "engine" / "web" / "static" / "vendor"
AXE = ROOT / "engine" / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LOCAL = ("127.0.0.1", "localhost", "::1")


def find_chromium() -> str | None:
    """The one without windows first: the same engine, at half the work."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("MAPLEBRIDGE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    chromium = find_chromium()
    if chromium is None:
        leave_out("Chromium is missing (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


def leave_out(reason: str) -> NoReturn:
    """Skips the test, which is then named at the end of the run; on CI it fails instead."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def viewport(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "desktop")


@pytest.fixture
def page_faults() -> list[str]:
    """What went wrong on the page so far. A test that provokes a fault asserts it and clears the list."""
    return []


@pytest.fixture
def context(browser: Any, viewport: str) -> Iterator[Any]:
    """A signed-out person's browser; a second person is a second `browser.new_context()`."""
    opened = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **VIEWPORTS[viewport])
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: Any, page_faults: list[str], request: pytest.FixtureRequest, viewport: str) -> Iterator[Any]:
    opened = context.new_page()
    watch(opened, page_faults)
    failed_before = request.session.testsfailed
    yield opened
    if request.session.testsfailed > failed_before or page_faults:
        _save(opened, f"{request.node.name}-{viewport}")
    assert not page_faults, "\n".join(page_faults)


def watch(page: Any, faults: list[str]) -> None:
    """Writes to `faults` the page's errors and every request that would leave the machine."""

    def note(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in LOCAL:
            faults.append(f"a request left the machine: {request.url}")

    page.on("request", note)
    said = ("error", "warning")
    page.on("console", lambda message: message.type in said and faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))


@pytest.fixture
def barriers() -> Callable[[Any], list[str]]:
    """Gives what axe finds that keeps people from using a page; assert that it is nothing."""
    if not AXE.exists():
        leave_out("axe is not installed (install Node 20 or newer, then make setup)")

    def find(page: Any) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(result => result.violations)")
        return [f"{each['id']}: {each['help']} ({node['html']})" for each in found for node in each["nodes"]]

    return find


@pytest.fixture
def screenshot(page: Any, viewport: str) -> Callable[[str], Path]:
    """Saves the whole page as var/screenshots/<name>-<viewport>.png, to be looked at by people."""
    return lambda name: _save(page, f"{name}-{viewport}")


def _save(page: Any, name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.png"
    page.screenshot(path=path, full_page=True, scale="css")
    return path


@pytest.fixture
def vendor() -> Path:
    """The folder of the bundled front-end code, which needs Node to be built."""
    if not (VENDOR / "viewer.js").exists():
        leave_out("the front end is not built (install Node 20 or newer, then make setup)")
    return VENDOR


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serves a WSGI application on a free port of this machine while the test runs; gives its address."""
    with ExitStack() as servers:
        yield lambda application: servers.enter_context(served(application))
