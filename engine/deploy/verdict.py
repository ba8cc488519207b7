"""Whether a set of files may be published: its findings and how its scenarios went. Judged once for each content."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from engine.deploy.check import check_release
from engine.deploy.releases import LoadedRelease, fingerprint, load
from engine.deploy.scenarios import Played, play_all
from engine.errors import Invalid, Refusal
from engine.runtime import Finding

KEPT = 32
"""Pages of the release in force and of what is worked on ask again and again."""
READY = 4
"""Sets of files that stay compiled, those asked for last: somebody who plays them asks at every step."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`scenarios` are empty while an error keeps the files from running."""

    fingerprint: str
    findings: tuple[Finding, ...]
    scenarios: tuple[Played, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def failed(self) -> tuple[Played, ...]:
        return tuple(each for each in self.scenarios if not each.passed)

    @property
    def passed(self) -> bool:
        return not self.errors and not self.failed

    def must_pass(self) -> None:
        """Raises Invalid `publish.refused` with `findings`, or `publish.scenario_failed` with `failed`."""
        if self.errors:
            first = self.errors[0]
            raise Invalid(
                "publish.refused",
                f"Not published: {len(self.errors)} error(s), the first in {first.file} line {first.line}, "
                f"{first.element}: {first.message}",
                findings=list(self.findings),
            )
        if self.failed:
            raise Invalid(
                "publish.scenario_failed",
                f"Not published: {len(self.failed)} scenario(s) failed, the first is {self.failed[0].name}: "
                f"{self.failed[0].said}",
                failed=list(self.failed),
            )


_known: dict[tuple[str, bool], Verdict] = {}
_ready: dict[str, LoadedRelease] = {}
_lock = threading.Lock()


def ready(files: Mapping[str, bytes]) -> LoadedRelease:
    """What `load` gives for files that need not be a release; the same again while they are asked for. Raises as it."""
    key = fingerprint(files)
    with _lock:
        found = _ready.get(key)
    if found is None:
        found = load(0, files)
    with _lock:
        _ready.pop(key, None)
        while len(_ready) >= READY:
            _ready.pop(next(iter(_ready)))
        _ready[key] = found
    return found


def judge(files: Mapping[str, bytes], *, limits_may_miss: bool = False) -> Verdict:
    """Checks and, when that leaves no error, plays every scenario. Takes about a second for a content not seen yet.

    An edge asks before it opens the transaction that publishes, so that nobody waits for a check under a lock.
    """
    key = (fingerprint(files), limits_may_miss)
    with _lock:
        if key in _known:
            return _known[key]
    findings = tuple(check_release(files, limits_may_miss=limits_may_miss))
    played: tuple[Played, ...] = ()
    if not any(each.severity == "error" for each in findings):
        try:
            played = tuple(play_all(ready(files)))
        except Refusal as refusal:  # what only compiling finds
            findings += tuple(refusal.facts.get("findings") or (_finding(refusal),))
    verdict = Verdict(key[0], findings, played)
    with _lock:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        _known[key] = verdict
    return verdict


def _finding(refusal: Refusal) -> Finding:
    return Finding("", 0, "", refusal.code, "error", refusal.sentence)
