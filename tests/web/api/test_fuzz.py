"""Requests made from the OpenAPI document: no fault of ours, and no answer that it does not promise.

Here some operations once, others with each number of `START`; all of them at length in `make prove`.
"""

from __future__ import annotations

from flask import Flask

from bench.prove import fuzz
from engine.clock import ManualClock
from tests.web.api.caller import document
from tests.web.district import District

EVERY = 28
START = 3


def test_made_requests_are_answered_as_documented(app: Flask, district: District, clock: ManualClock) -> None:
    ids = sorted(each["operationId"] for path in document(app)["paths"].values() for each in path.values())
    token = fuzz.settle(district, clock)
    found = fuzz.fuzz(app, token, examples=1, only=ids[START % EVERY :: EVERY], start=START)
    assert found.wrong == {}
    assert found.calls >= len(ids) // EVERY
    assert not {status for status in found.ends if status >= 500}
