"""The editors' dictionaries have every word that their own scripts and the modelers can say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.browser import leave_out

FRONTEND = Path(__file__).parents[2] / "engine" / "web" / "frontend"
LIBRARY = FRONTEND / "node_modules" / "bpmn-js" / "lib" / "features"
WORDS: dict[str, str] = json.loads((FRONTEND / "editor" / "words" / "zh_CN.json").read_text(encoding="utf-8"))
OF_TABLES: dict[str, str] = json.loads((FRONTEND / "tables" / "words" / "zh_CN.json").read_text(encoding="utf-8"))
TABLES = re.compile(r"""translate\(\s*(?:'([^']+)'|"([^"]+)")|'(Open [a-z ]+)'""")
POLICIES = re.compile(r"(?:label|explanation): '([^']+)'")
SAID = re.compile(r"(?:say|translate)\(\s*'([^']+)'|(?:label|hint): '([^']+)'|group\('\w+', '([^']+)'")
PLACE = re.compile(r"{[^}]+}")


def said(path: Path, pattern: re.Pattern[str] = SAID) -> set[str]:
    found = pattern.findall(path.read_text(encoding="utf-8"))
    return {each for one in found for each in ([one] if isinstance(one, str) else one) if each}


@pytest.mark.parametrize(
    "path",
    sorted([*(FRONTEND / "editor").glob("*.js"), *(FRONTEND / "tables").glob("*.js")]),
    ids=lambda path: path.name,
)
def test_own_scripts(path: Path) -> None:
    keys = re.search(r"const KEYS = {(.*?)};", path.read_text(encoding="utf-8"), re.DOTALL)
    of_keys = set(re.findall(r": '([^']+)'", keys[1])) if keys else set()
    assert (said(path) | of_keys) - WORDS.keys() - (
        OF_TABLES.keys() if path.parent.name == "tables" else set()
    ) == set()


@pytest.mark.parametrize(
    "name",
    ["popup-menu/PopupEntries.js", "context-pad/ContextPadProvider.js", "palette/PaletteProvider.js"],
)
def test_menus_of_the_modeler(name: str) -> None:
    if not LIBRARY.exists():
        leave_out("the front end is not installed (install Node 20 or newer, then make setup)")
    assert said(LIBRARY / name)
    assert said(LIBRARY / name) - WORDS.keys() == set()


def test_everything_the_editor_of_tables_can_say() -> None:
    parts = sorted((FRONTEND / "node_modules").glob("dmn-js-*/lib"))
    if not parts:
        leave_out("the front end is not installed (install Node 20 or newer, then make setup)")
    found = {each for part in parts for path in part.rglob("*.js") for each in said(path, TABLES)}
    found |= said(
        next(part for part in parts if "decision-table" in str(part)) / "features/hit-policy/HitPolicies.js", POLICIES
    )
    assert len(found) > 150
    assert found - OF_TABLES.keys() - WORDS.keys() == set()


def test_every_entry_is_chinese_and_keeps_its_places() -> None:
    for text, chinese in [*WORDS.items(), *OF_TABLES.items()]:
        assert re.search(r"[\u4e00-\u9fff]", chinese) or not re.search(r"[a-z]{2}", PLACE.sub("", text)), text
        assert sorted(PLACE.findall(chinese)) == sorted(PLACE.findall(text)), text
