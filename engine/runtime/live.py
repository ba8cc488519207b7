"""An instance that stays in memory from push to push, for whoever pushes it often and keeps nothing of it."""

from __future__ import annotations

from engine.runtime.driver import answer, hand_over, must_start, settled, strike
from engine.runtime.instance import Instance
from engine.runtime.package import Package
from engine.runtime.values import Advance, Data, Host


class Live:
    """The same pushes as on a saved state, each giving an Advance whose `state` is empty.

    They refuse what the others refuse; after any refusal the instance is half-advanced and of no more use.
    """

    def __init__(self, package: Package, process_id: str, data: Data) -> None:
        """Raises NotFound `process.unknown`, Invalid `data.not_flat`."""
        must_start(package, process_id, data)
        self._instance = Instance(package, process_id, dict(data))
        self._instance.kept = False

    def start(self, host: Host) -> Advance:
        self._instance.host = host
        self._instance.begin()
        return settled(self._instance)

    def complete(self, token: str, data: Data, host: Host) -> Advance:
        return answer(self._again(host), token, data)

    def fire(self, token: str, host: Host) -> Advance:
        return strike(self._again(host), token)

    def deliver(self, message: str, payload: Data, host: Host) -> Advance:
        return hand_over(self._again(host), message, payload, None)

    def _again(self, host: Host) -> Instance:
        self._instance.host = host
        self._instance.steps = []
        self._instance.thrown = []
        return self._instance
