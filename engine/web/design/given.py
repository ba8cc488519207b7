"""What a process knows at its start, as fields to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.deploy import LoadedRelease
from engine.deploy.scenarios import Differs, read_scenario, scenario_paths
from engine.web.words import TABLES

BEGINNING: Mapping[str, Any] = {
    "case_id": 1,
    "tier": "",
    "top": False,
    "severity": 1,
    "size": "small",
    "track": "dispute_small",
    "urgent": False,
    "confirm": False,
    "signed_in": False,
    "repeat": False,
}
"""What every case brings to its process (`process.begin`)."""
FOUND = frozenset({"case_id", "top"})
"""What nobody has to say."""


@dataclass(frozen=True, slots=True)
class Given:
    """One thing known at the start. `options` are all it can be, where that is known."""

    key: str
    value: Any
    options: Sequence[Any] = ()

    @property
    def asked(self) -> bool:
        return self.key not in FOUND

    @property
    def name(self) -> str:
        return f"given-{self.key}"

    @property
    def written(self) -> str:
        return ", ".join(map(str, self.value)) if isinstance(self.value, list) else str(self.value)


def given_fields(
    files: Mapping[str, bytes], release: LoadedRelease, process_id: str, tiers: Sequence[str]
) -> list[Given]:
    """As the first scenario of the process begins, at the lowest tier any of them begins at; or as every case does."""
    options: Mapping[str, Sequence[Any]] = {"tier": tiers, **{key: tuple(TABLES[key]) for key in ("size", "severity")}}
    folder = release.package.processes[process_id].path.rpartition("/")[0]
    beside = [path for path in scenario_paths(files) if path.startswith(f"{folder}/")]
    known = [data for path in beside for data in _data(files[path], process_id)]
    data = dict(known[0]) if known else {**BEGINNING, "tier": tiers[0]}
    begins_at = [each["tier"] for each in known if each.get("tier") in tiers]
    if begins_at:
        data["tier"] = min(begins_at, key=tiers.index)
    offered = {key: values for key, values in options.items() if data.get(key) in values}
    return [Given(key, value, offered.get(key, ())) for key, value in data.items()]


def _data(content: bytes, process_id: str) -> Iterator[Mapping[str, Any]]:
    try:
        scenario = read_scenario(content)
    except Differs:
        return
    if scenario.process == process_id:
        yield scenario.data


def given_from(fields: Sequence[Given], sent: Mapping[str, str], tiers: Sequence[str]) -> dict[str, Any]:
    data: dict[str, Any] = {
        each.key: typed_like(each.value, sent.get(each.name, "")) if each.asked else each.value for each in fields
    }
    if "top" in data:
        data["top"] = data.get("tier") == tiers[-1]
    return data


def typed_like(value: Any, sent: str) -> Any:
    """What was typed, in the type of what stood there; that again when it cannot be."""
    sent = sent.strip()[:200]
    match value:
        case bool():
            return bool(sent)
        case int():
            return int(sent) if sent.lstrip("-").isdecimal() and len(sent) < 16 else value
        case list():
            return [each.strip() for each in sent.split(",") if each.strip()]
        case _:
            return sent
