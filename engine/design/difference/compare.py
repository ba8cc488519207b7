"""Two sets of files side by side: each differing file is read into parts, and the parts are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher

from engine import runtime
from engine.design.difference.model import Aspect, Change, Part, What
from engine.design.difference.models import parts_of_model
from engine.design.difference.texts import parts_of_form, parts_of_keywords, parts_of_limits
from engine.errors import Refusal

_ASPECTS: tuple[tuple[str, Aspect], ...] = (
    (r"@name", Aspect.NAME),
    (r"documentation", Aspect.DOCUMENTATION),
    (r"@camunda:(candidateGroups|candidateUsers|assignee)|.*property\[unit\].*", Aspect.ROLE),
    (r"@camunda:formKey", Aspect.FORM),
    (r".*property\[step\].*", Aspect.STEP),
    (r"timerEventDefinition.*", Aspect.TIMER),
    (r"length", Aspect.LIMIT),
    (r"conditionExpression.*|conditional.*", Aspect.CONDITION),
    (r"@(sourceRef|targetRef|default|attachedToRef)|incoming|outgoing|inside", Aspect.CONNECTION),
    (r"@camunda:(topic|type)", Aspect.SERVICE),
    (r".*(inputParameter|outputParameter|property)\[.*", Aspect.PARAMETER),
    (r"@camunda:(decisionRef|mapDecisionResult|resultVariable)", Aspect.TABLE),
    (r"@calledElement|@processRef", Aspect.PROCESS),
    (r"multiInstanceLoopCharacteristics.*|standardLoopCharacteristics.*", Aspect.REPEAT),
    (r"@(cancelActivity|isInterrupting)", Aspect.INTERRUPTING),
    (r"lane", Aspect.LANE),
    (r".*(message|signal|error|escalation)(EventDefinition.*|Ref)", Aspect.MESSAGE),
    (r"(input|output)Entry.*", Aspect.CELL),
    (r"@?label|properties/label_en", Aspect.LABEL),
    (r"validate/required", Aspect.REQUIRED),
    (r"values(\[.*|#)", Aspect.OPTION),
    (r"words", Aspect.WORDS),
)
ASPECTS = tuple((re.compile(pattern, re.DOTALL), aspect) for pattern, aspect in _ASPECTS)


def difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[Change, ...]:
    """Everything that differs, by file and then in the order of the file. Empty exactly when all bytes are equal."""
    return tuple(
        change
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
        for change in _of_file(path, before.get(path), after.get(path))
    )


def _of_file(path: str, before: bytes | None, after: bytes | None) -> list[Change]:
    if before is None or after is None:
        what = What.ADDED if before is None else What.REMOVED
        return [Change(path, what, "", "file", path.rpartition("/")[2], "")]
    read = _reader(path)
    try:
        found = [] if read is None else list(compare(path, read(before), read(after)))
    except (Refusal, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        found = []  # a draft may be unreadable; the check says why and where
        read = None
    aspect = Aspect.OTHER if read is None else Aspect.TEXT
    return found or [Change(path, What.CHANGED, "", "file", path.rpartition("/")[2], "", aspect)]


def _reader(path: str) -> Callable[[bytes], dict[str, Part]] | None:
    if path.endswith((".bpmn", ".dmn")):
        return lambda data: parts_of_model(runtime.read_xml(path, data))
    if path.endswith(".form"):
        return parts_of_form
    if path.endswith("/limits.yaml"):
        return parts_of_limits
    return parts_of_keywords if path.endswith("/keywords.yaml") else None


def compare(path: str, before: Mapping[str, Part], after: Mapping[str, Part]) -> Iterator[Change]:
    """What differs between the parts of one file."""
    shifted = _shifted(before, after)
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            part, what = (new, What.ADDED) if old is None else (old, What.REMOVED)
            assert part is not None
            yield _told(path, what, part, None, "", *_lengths(old, new))
            continue
        drawn = False
        for place in [*old.values, *(place for place in new.values if place not in old.values)]:
            was, now = old.values.get(place), new.values.get(place)
            if was == now:
                continue
            if place.startswith("drawing"):
                drawn = True
                continue
            aspect = _aspect(place)
            yield _told(path, What.CHANGED, new, aspect, _detail(place, aspect, new), was or "", now or "")
        if old.kind != new.kind:
            yield _told(path, What.CHANGED, new, Aspect.OTHER, "kind", old.kind, new.kind)
        if drawn:
            yield _told(path, What.MOVED, new, Aspect.DRAWING)
        if key in shifted:
            yield _told(path, What.MOVED, new, Aspect.ORDER)


def _told(
    path: str, what: What, part: Part, aspect: Aspect | None, detail: str = "", before: str = "", after: str = ""
) -> Change:
    return Change(path, what, part.key, part.kind, part.name, part.within, aspect, detail, before, after)


def _lengths(old: Part | None, new: Part | None) -> tuple[str, str]:
    """Of a limit that came or went its length is worth saying."""
    return tuple("" if part is None else part.values.get("length", "") for part in (old, new))  # type: ignore[return-value]


def _shifted(before: Mapping[str, Part], after: Mapping[str, Part]) -> set[str]:
    """Parts that stand elsewhere among those of their sequence which both sides have."""
    found: set[str] = set()
    for sequence in sorted({part.sequence for part in before.values() if part.sequence}):
        old = [k for k, part in before.items() if part.sequence == sequence and k in after]
        new = [k for k, part in after.items() if part.sequence == sequence and k in before]
        for _, start, end, _, _ in (x for x in SequenceMatcher(None, old, new, False).get_opcodes() if x[0] != "equal"):
            found.update(old[start:end])
    return found


def _aspect(place: str) -> Aspect:
    return next((aspect for pattern, aspect in ASPECTS if pattern.fullmatch(place)), Aspect.OTHER)


def _detail(place: str, aspect: Aspect, part: Part) -> str:
    """What people call the place: the column of a cell, the name of a parameter, the option; else where it stands."""
    head = place.partition("/")[0].partition("@")[0]
    if head in part.labels:
        return part.labels[head]
    if aspect in (Aspect.PARAMETER, Aspect.OPTION):
        named = re.search(r"\[([^\]]*)\]", place)
        return named[1] if named else ""
    return place.lstrip("@") if aspect in (Aspect.OTHER, Aspect.TIMER, Aspect.REPEAT, Aspect.CONNECTION) else ""
