"""The support matrix as a page for designers, written from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.runtime.support.places import EXECUTED_EVENTS, POSITIONS, SWITCHES, TOGETHER, TRIGGERS
from engine.runtime.support.words import ATTRIBUTES, CAMUNDA_WORDS, ELEMENTS, OTHER_ENGINES, SPIFF_WORDS, Word


def support_matrix() -> str:
    """The whole table as a Markdown page for designers."""
    return "\n".join(_matrix()) + "\n"


def _matrix() -> Iterator[str]:
    yield "# What of BPMN is executed"
    yield ""
    yield "This page is written by `engine/runtime/support.py`; a test keeps both equal. Three words:"
    yield "**executed** as the standard says; **ignored** by declaration, because nothing depends on it;"
    yield "**refused** at publishing, with the code in the last column. *Ignored, with a warning* means that other"
    yield "products give it an effect that it does not have here. What is in no table is refused."
    yield ""
    yield "## Elements"
    yield from _rows("bpmn:", ELEMENTS)
    yield ""
    yield "## Events"
    yield ""
    yield f"| | {' | '.join(TRIGGERS)} |"
    yield f"|---|{'---|' * len(TRIGGERS)}"
    for position, title in POSITIONS.items():
        cells = ("executed" if trigger in EXECUTED_EVENTS[position] else "refused" for trigger in TRIGGERS)
        yield f"| {title} | {' | '.join(cells)} |"
    yield ""
    together = ", ".join(sorted(TOGETHER))
    yield f"Several event definitions on one event may only be of these kinds: {together} (`bpmn.event_multiple`)."
    yield ""
    yield "## Shapes"
    yield ""
    yield "| Shape | |"
    yield "|---|---|"
    for shape, executed in SWITCHES.items():
        yield f"| {shape} | {'executed' if executed else 'refused'} |"
    yield ""
    yield "## Attributes"
    yield from _rows("@", ATTRIBUTES)
    yield ""
    yield "## Camunda 7 extensions"
    yield from _rows("camunda:", CAMUNDA_WORDS)
    yield ""
    yield "## SpiffArena extensions"
    yield from _rows("spiffworkflow:", SPIFF_WORDS)
    yield ""
    yield "## Extensions of other engines and tools"
    yield ""
    yield f"Extensions of {', '.join(sorted(OTHER_ENGINES.values()))} are refused (`extension.engine`)."
    yield "Shapes, colours and the drawing tool's own notes are ignored. Any other extension is ignored with a warning"
    yield "(`extension.unknown`)."


def _rows(prefix: str, table: Mapping[str, Word]) -> Iterator[str]:
    groups: dict[Word, list[str]] = {}
    for name, word in table.items():
        groups.setdefault(word, []).append(name)
    yield ""
    yield "| | Verdict | Says | Hint | Code |"
    yield "|---|---|---|---|---|"
    for word, names in groups.items():
        verdict: str = "ignored, with a warning" if word.verdict == "noted" else word.verdict
        if word.harmless:
            verdict += f" unless `{'`, `'.join(word.harmless)}`"
        code = f"`{word.code}`" if word.code else ""
        listed = ", ".join(f"`{prefix}{name}`" for name in names)
        yield f"| {listed} | {verdict} | {word.says} | {word.hint} | {code} |"
