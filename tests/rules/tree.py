"""What the rules look at: the files of the repository and their syntax trees."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that is committed or would be, relative to the root, with slashes; ignored ones are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted({name for name in listed if name and (ROOT / name).is_file()}))


def python(*folders: str) -> list[str]:
    return [name for name in files() if name.endswith(".py") and name.startswith(tuple(f"{each}/" for each in folders))]


def product() -> list[str]:
    """The Python that is installed at a user's."""
    return python("engine", "webhooks")


@functools.cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@functools.cache
def nodes(name: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(text(name), name)))


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the dotted name of what is called ("" when it has none), aliases undone."""
    known = {alias: real for alias, real, _ in _imported(name)}
    for node in nodes(name):
        if isinstance(node, ast.Call):
            first, dot, rest = dotted(node.func).partition(".")
            yield known.get(first, first) + dot + rest, node


def imports(name: str) -> Iterator[tuple[str, int]]:
    """Every name a file imports, dotted and absolute, with its line: `from a import b` gives `a.b`."""
    yield from ((real, line) for _, real, line in _imported(name))


def _imported(name: str) -> Iterator[tuple[str, str, int]]:
    for node in nodes(name):
        if isinstance(node, ast.Import):
            yield from ((each.asname or each.name, each.name, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((each.asname or each.name, f"{node.module}.{each.name}", node.lineno) for each in node.names)


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
