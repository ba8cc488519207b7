"""Reads the YAML of a scenario, and says of all in it that cannot be, on which line. The format: bpmn/README.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.deploy.scenarios.model import Act, Differs, Said, Scenario
from engine.errors import Invalid
from engine.strict_yaml import Document, YamlPath, read_yaml
from engine.vocabulary import WORDS

MOST_ACTS = 500
DOES = ("complete", "fire", "deliver", "expect")
BESIDE = {"complete": {"with", "item"}, "fire": {"item"}, "deliver": {"with"}, "expect": set[str]()}
EXPECTED: Mapping[str, type | tuple[type, ...]] = {
    "open": list,
    "timers": list,
    "deadlines": dict,
    "messages": list,
    "ended": bool,
    "path": list,
    "not_path": list,
    "called": list,
    "data": dict,
}
"""What `then` and `expect` may say."""

WANTED = {dict: "a table", list: "a list", bool: "true or false", str: "a word"}


def read_scenario(data: bytes, *, unfinished: bool = False) -> Scenario:
    """Raises Differs with everything that is wrong. `unfinished`: a recording, which expects nothing yet."""
    try:
        document = read_yaml(data.decode("utf-8"), "the scenario")
    except UnicodeDecodeError:
        raise Differs(Said(0, "yaml", {"problem": "it is not UTF-8 text"})) from None
    except Invalid as refusal:
        line = int(refusal.facts.get("line") or 0)
        problem = refusal.sentence.rpartition(": ")[2].rstrip(".")
        raise Differs(Said(line, "yaml", {"problem": problem})) from refusal
    return _Reader(document).scenario(unfinished=unfinished)


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults = [Said(line, "yaml", {"problem": words}) for line, _, words in document.problems]

    def wrong(self, path: YamlPath, code: str, **values: object) -> None:
        self.faults.append(Said(self.document.line(path) or 0, code, values))

    def scenario(self, *, unfinished: bool) -> Scenario:
        raw = self.document.value
        if not isinstance(raw, dict) or "given" not in raw or ("then" not in raw and not unfinished):
            raise Differs(*self.faults, Said(1, "top"))
        self._known(raw, (), {"name", "given", "services", "steps", "then"})
        given = self._table(raw.get("given"), ("given",))
        self._known(given, ("given",), {"process", "data"})
        process = self._kind(given.get("process"), ("given", "process"), str)
        made = Scenario(
            name=self._kind(raw.get("name"), ("name",), str) or "",
            process=process or "",
            data=self._table(given.get("data"), ("given", "data")),
            services=self._services(self._table(raw.get("services"), ("services",))),
            acts=self._acts(self._kind(raw.get("steps"), ("steps",), list) or []),
            then=self._expected(self._table(raw.get("then"), ("then",)), ("then",)),
            lines=self.document.lines,
        )
        if process is None and "process" not in given:
            self.wrong(("given",), "missing", key="process")
        if self.faults:
            raise Differs(*sorted(self.faults, key=lambda fault: fault.line))
        return made

    def _services(self, tables: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for name, table in tables.items():
            service = WORDS.services.get(name)
            if service is None:
                self.wrong(("services", name), "service", service=name)
                continue
            rows = table if isinstance(table, list) else [table]
            found[name] = [self._table(row, ("services", name, place)) for place, row in enumerate(rows)]
            for place, row in enumerate(found[name]):
                for key in row:
                    if key not in service.gives:
                        known = ", ".join(service.gives) or "nothing"
                        self.wrong(("services", name, place, key), "gives", service=name, name=key, known=known)
        return found

    def _acts(self, steps: list[Any]) -> tuple[Act, ...]:
        if len(steps) > MOST_ACTS:
            self.wrong(("steps", MOST_ACTS), "too_long", most=MOST_ACTS)
            return ()
        return tuple(act for place, step in enumerate(steps) if (act := self._act(step, ("steps", place))))

    def _act(self, step: Any, path: YamlPath) -> Act | None:
        does = [do for do in DOES if isinstance(step, dict) and do in step]
        if len(does) != 1:
            self.wrong(path, "step")
            return None
        (do,) = does
        for key in step:
            if key != do and key not in BESIDE[do]:
                self.wrong((*path, key), "belongs", key=key, do=do)
        line = self.document.line((*path, do)) or 0
        if do == "expect":
            then = self._expected(self._table(step[do], (*path, do)), (*path, do))
            return Act("expect", then=then, line=line)
        what = self._kind(step[do], (*path, do), str)
        values = self._table(step.get("with"), (*path, "with"))
        return Act(do, what or "", values, step.get("item"), line=line)  # type: ignore[arg-type]

    def _expected(self, then: Mapping[str, Any], path: YamlPath) -> Mapping[str, Any]:
        self._known(then, path, EXPECTED)
        for key, kind in EXPECTED.items():
            if then.get(key) is None:
                continue
            self._kind(then[key], (*path, key), kind)
            if kind is list and key != "called" and isinstance(then[key], list):
                for place, each in enumerate(then[key]):
                    self._kind(each if each is not None else [], (*path, key, place), str)
            if key == "called" and isinstance(then[key], list):
                for place, asked in enumerate(then[key]):
                    for name, params in self._table(asked, (*path, key, place)).items():
                        self._table(params, (*path, key, place, name))
        return then

    def _known(self, table: Mapping[str, Any], path: YamlPath, known: Any) -> None:
        for key in table:
            if key not in known:
                self.wrong((*path, key), "key", key=key, known=", ".join(known if path else sorted(known)))

    def _table(self, value: Any, path: YamlPath) -> Mapping[str, Any]:
        return self._kind(value, path, dict) or {}

    def _kind(self, value: Any, path: YamlPath, kind: Any) -> Any:
        if value is None or isinstance(value, kind):
            return value
        key = next(each for each in reversed(path) if isinstance(each, str))
        self.wrong(path, "kind", key=key, wanted=WANTED[kind])
        return None
