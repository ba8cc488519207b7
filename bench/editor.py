"""The designer's editor in a real Chromium: when one can draw, and how soon a change is checked and saved.

    python -m bench.editor

Ready is from the click to the drawn diagram with all fields, with the scripts in the browser's cache and without.
Checked is from the change to the findings on the page, without the pause for typing; it crosses HTTP twice and checks
the whole release.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine import design
from engine.clock import SystemClock
from engine.store import migrate, open_store
from engine.web import create_app
from tests.browser import FLAGS, find_chromium
from tests.serving import served
from tests.web import district as town

DIAGRAM = "small/small.bpmn"
READY = '.modeler[data-ready="true"]'
CHECK = """async () => {
  const modeler = document.querySelector('.modeler');
  const body = (await modeler.editor.modeler.saveXML({ format: true })).xml;
  const token = document.querySelector('input[name="csrf_token"]').value;
  const start = performance.now();
  await (await fetch(modeler.dataset.findings, { method: 'POST', body,
    headers: { 'Content-Type': 'application/xml', 'X-CSRFToken': token } })).json();
  return performance.now() - start;
}"""


@contextmanager
def workshop() -> Iterator[tuple[str, int, int]]:
    """Address, designer, proposal."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        migrate(store)
        district = town.settle(store, now=clock.now())
        designer = district.people["designer"]
        with store.transaction() as session:
            proposal = design.begin_proposal(session, "bench", author_id=designer, now=clock.now()).id
        app = create_app(store, district.world, clock)
        with served(app) as address:
            yield address, designer, proposal
        store.dispose()


def measure(browser: Any, rounds: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    with workshop() as (site, designer, proposal):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{site}/sign-in")
        page.locator(f'button[name="person"][value="{designer}"]').click()
        page.wait_for_url("**/processes")
        ready = [_ready(page, f"{site}/proposals/{proposal}/diagrams/{DIAGRAM}") for _ in range(rounds + 1)]
        figures["first_ready_s"], figures["ready_s"] = ready[0], statistics.median(ready[1:])
        figures["checked_ms"] = statistics.median(page.evaluate(CHECK) for _ in range(rounds))
    return figures


def _ready(page: Any, address: str) -> float:
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(READY)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.error("Chromium is missing (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        figures = measure(browser, asked.rounds)
        browser.close()
    if asked.as_json:
        print(json.dumps(figures))
        return
    print(f"editor ready: {figures['first_ready_s']:.2f} s at first, {figures['ready_s']:.2f} s then (aim 1.5)")
    print(f"checked as typed, over HTTP, with the whole release: {figures['checked_ms']:.0f} ms")


if __name__ == "__main__":
    main()
