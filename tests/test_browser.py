"""What the browser of the tests itself promises."""

from __future__ import annotations

from typing import Any


def test_no_request_leaves_the_machine_unnoticed(page: Any, page_faults: list[str]) -> None:
    page.goto("about:blank")
    for address in ("http://example.com/", "http://192.0.2.1/"):
        page.evaluate("address => fetch(address, { mode: 'no-cors' }).catch(() => {})", address)
        assert f"a request left the machine: {address}" in page_faults
    assert sum("ERR_NAME_NOT_RESOLVED" in each for each in page_faults) == 2, "both were refused here, unsent"
    page_faults.clear()
