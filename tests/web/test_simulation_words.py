"""The words of the token simulation are ours: whatever the library says has a Chinese entry."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.browser import leave_out

FRONTEND = Path(__file__).parents[2] / "engine" / "web" / "frontend"
LIBRARY = FRONTEND / "node_modules" / "bpmn-js-token-simulation" / "lib"
WORDS: dict[str, str] = json.loads((FRONTEND / "simulation" / "words" / "zh_CN.json").read_text(encoding="utf-8"))
SAID = re.compile(
    r"title=\"([^\"]+)\"|text: '([^']+)'|\|\| '([A-Z][^']+)'|>([A-Z][A-Za-z ]+)<|`([A-Z][A-Za-z ]+) <span"
)
PLACE = re.compile(r"\$?{ ?([\w.]+) ?}")
CHOICE = re.compile(r"\${ \w+ \? '(\w+)' : '(\w+)' }")


def test_every_word_of_the_library_is_known() -> None:
    if not LIBRARY.exists():
        leave_out("the front end is not installed (install Node 20 or newer, then make setup)")
    said = set()
    for path in LIBRARY.rglob("*.js"):
        if path.parent.name == "modeler":  # the page shows diagrams only
            continue
        for found in SAID.findall(path.read_text(encoding="utf-8")):
            said |= set(variants(next(filter(None, found))))
    assert {"Trigger Event", "Reset Simulation", "Add pause point", "User Task"} <= said
    known = {PLACE.sub("{}", text) for text in WORDS}
    assert {text for text in said if re.search("[A-Za-z]{2}", text)} - known == set()


def variants(text: str) -> list[str]:
    choice = CHOICE.search(text)
    texts = [CHOICE.sub(word, text) for word in choice.groups()] if choice else [text]
    return [PLACE.sub("{}", each) for each in texts]


def test_every_entry_is_chinese_and_keeps_its_places() -> None:
    for text, chinese in WORDS.items():
        assert re.search(r"[\u4e00-\u9fff]", chinese), text
        assert sorted(PLACE.findall(chinese)) == sorted(PLACE.findall(text)), text
