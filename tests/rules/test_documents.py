"""Documents that stay true: links that lead somewhere, twins that agree, commands that exist."""

import re
from pathlib import PurePosixPath

import pytest

from tests.rules import tree

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
TWINS = [("README.md", "README.zh-CN.md")]
NEEDED = ["docs/architecture.md", "docs/designers/README.md", "docs/operators/README.md", "docs/changelog.md",
          "docs/glossary.md", "docs/decisions/README.md"]  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_the_document_is_there_and_says_something(name: str) -> None:
    assert len(tree.text(name).split()) > 20


def test_every_link_leads_somewhere() -> None:
    found = []
    for name in (each for each in tree.files() if each.endswith(".md")):
        for hit in LINK.finditer(FENCE.sub("", tree.text(name))):
            link = hit.group(1) or hit.group(2)
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (tree.ROOT / PurePosixPath(name).parent / path).resolve() if path else tree.ROOT / name
            if not target.exists():
                found.append(f"{name}: {link}")
            elif anchor and anchor not in _anchors(target.read_text(encoding="utf-8")):
                found.append(f"{name}: {link} (no such heading)")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("english", "chinese"), TWINS)
def test_the_chinese_twin_has_the_same_headings_and_commands(english: str, chinese: str) -> None:
    assert _outline(tree.text(english)) == _outline(tree.text(chinese))
    assert _commands(tree.text(english)) == _commands(tree.text(chinese))


def test_the_readme_names_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", tree.text("Makefile"), re.MULTILINE))
    readme = tree.text("README.md")
    code = [*FENCE.findall(readme), *re.findall(r"`[^`\n]+`", FENCE.sub("", readme))]
    named = set(re.findall(r"\bmake ([a-z]+)", "\n".join(code)))
    assert named
    assert named <= targets


def test_the_changelog_begins_with_the_present_version() -> None:
    import tomllib

    version = tomllib.loads(tree.text("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## (.+)$", tree.text("docs/changelog.md"), re.MULTILINE)
    assert headings
    assert any(heading.startswith(version) for heading in headings[:2])


def _outline(text: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)]


def _commands(text: str) -> list[str]:
    """The commands of each block and the code in the first cell of each table row, without the words around them."""
    first_cells = re.findall(r"^\| *(`[^|]+)\|", text, re.MULTILINE)
    return re.findall(r"^make \w+", text, re.MULTILINE) + re.findall(r"`([^`]+)`", "\n".join(first_cells))


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
