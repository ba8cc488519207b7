"""The shape of the repository: its top level, the size of its files, and what must never be committed."""

import json
import re

from tests.rules import tree

TOP = {
    "engine", "bpmn", "webhooks", "tests", "docs", "bench",
    "config.yaml", "pyproject.toml", "constraints.txt", "Makefile",
    "README.md", "README.zh-CN.md", "LICENSE", "NOTICE",
}  # fmt: skip
LINES = 400
LINES_OF_TESTS = 550  # a table of cases is looked up in, not read through

BINARY = (".png", ".ico", ".woff2", ".xlsx", ".docx", ".sqlite", ".gz")
MACHINE_PATH = re.compile(r"(?<![\w}.-])/(?:home|root|Users|work)/[a-z]")
REGISTRY = re.compile(r"registry\.npm|npmmirror\.|pythonhosted\.|pypi\.(?:org|python)|proxy\.golang")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b")


def test_the_top_level_is_as_named() -> None:
    found = {name.split("/")[0] for name in tree.files()}
    assert {name for name in found - TOP if not name.startswith(".")} == set()


def test_every_file_reads_in_one_sitting() -> None:
    """Migrations are written once and only ever added to, so they may be long."""
    names = [name for name in tree.python("engine", "webhooks", "tests", "bench") if "/migrations/" not in name]
    long = {name: tree.text(name).count("\n") for name in names}
    found = [
        f"{name}: {lines} lines"
        for name, lines in long.items()
        if lines > (LINES_OF_TESTS if name.startswith("tests/") else LINES)
    ]
    assert not found, "\n".join(found)


def test_bpmn_holds_no_python() -> None:
    assert tree.python("bpmn") == []


def test_no_file_names_a_machine_a_registry_or_a_secret() -> None:
    found = [
        f"{name}:{number} {hit.group()}"
        for name in tree.files()
        if not name.endswith(BINARY)
        for number, line in enumerate(tree.text(name).splitlines(), 1)
        for pattern in (MACHINE_PATH, REGISTRY, SECRET)
        for hit in pattern.finditer(line)
    ]
    assert not found, "\n".join(found)


def test_the_npm_lock_names_checksums_and_no_hosts() -> None:
    lock = json.loads(tree.text("engine/web/frontend/package-lock.json"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_npm_packages_are_exact_and_run_no_scripts() -> None:
    package = json.loads(tree.text("engine/web/frontend/package.json"))
    versions = package["dependencies"] | package["devDependencies"]
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}
    assert "ignore-scripts=true" in tree.text("engine/web/frontend/.npmrc").splitlines()


def test_every_dependency_has_a_tested_version() -> None:
    """`make constraints` was run after the last change of the dependencies."""
    import tomllib

    project = tomllib.loads(tree.text("pyproject.toml"))
    wanted = [*project["project"]["dependencies"]]
    for group in (*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()):
        wanted += group
    pinned = {_name(line) for line in tree.text("constraints.txt").splitlines() if "==" in line}
    assert {_name(each) for each in wanted} - pinned == set()


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")
