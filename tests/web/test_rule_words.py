"""Every rule the check can tell has words on pages, in both languages (the Chinese is looked for elsewhere)."""

import re
from pathlib import Path

from engine.web.design.rule_words import RULES

ENGINE = Path(__file__).parents[2] / "engine"
SOURCES = [
    *(ENGINE / "runtime").rglob("*.py"),
    *(ENGINE / "deploy").glob("*.py"),
    *(ENGINE / name for name in ("tasks/form_files.py", "tasks/forms.py", "deadlines/limits.py", "strict_yaml.py")),
]
CODE = re.compile(
    r'"((?:bpmn|camunda|timer|expression|vocabulary|xml|decision|script|extension|spiff|task|form|limits|yaml|keywords)'
    r'\.[a-z_]+)"'
)
WHILE_RUNNING = {
    "form.condition", "form.invalid", "form.missing", "form.unknown_fields", "limits.step_missing",
    "limits.tier_missing", "task.gone", "timer.gone", "keywords.yaml", "limits.yaml",
}  # fmt: skip
"""Told to somebody who acts on a case, and names of files."""


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    codes = {code for path in SOURCES for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert codes - WHILE_RUNNING == set(RULES)
