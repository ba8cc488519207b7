"""A folder is entered through its front door: what others import stands in its `__init__.py`.

The layers are import-linter's (pyproject.toml). This rule is here because there it would need one contract a folder.
"""

import ast
from pathlib import PurePosixPath

from tests.rules import tree

PACKAGES = ("engine", "webhooks")
OPEN_TO_WEBHOOKS = "engine.web"  # whose pages and doors stand beside its own, on the same application
BURGLARS = {"bench/prove/faults.py"}  # plants faults inside the engine on purpose, to see that they are found


def test_nobody_reaches_behind_a_front_door() -> None:
    modules = {_module(name) for name in tree.product()}
    found = []
    for name in [*tree.product(), *tree.python("bench")]:
        if name in BURGLARS:
            continue
        importer = _module(name)
        for imported, line in tree.imports(name):
            target = imported if imported in modules else imported.rpartition(".")[0]
            parts = target.split(".")
            if target not in modules or len(parts) < 3:
                continue
            folder = ".".join(parts[:2])
            offered = len(parts) == 3 and parts[2] in _offers(folder)
            offered |= len(parts) == 3 and folder == OPEN_TO_WEBHOOKS and importer.startswith("webhooks.")
            offered |= importer == "webhooks" and target.startswith("webhooks.")  # it puts its own parts together
            if not offered and importer != folder and not importer.startswith(f"{folder}."):
                found.append(f"{name}:{line} imports {target}; {folder} does not offer it")
    assert not found, "\n".join(dict.fromkeys(found))


def test_front_doors_say_what_they_offer() -> None:
    """A folder of the product has a docstring saying what it owns."""
    doors = [name for name in tree.product() if name.endswith("/__init__.py") and "/migrations/" not in name]
    assert [name for name in doors if not tree.text(name).lstrip().startswith('"""')] == []


def _offers(folder: str) -> set[str]:
    """The names in a front door's `__all__`; a module among them is offered as a whole."""
    for node in tree.nodes(f"{folder.replace('.', '/')}/__init__.py"):
        if isinstance(node, ast.Assign) and [tree.dotted(target) for target in node.targets] == ["__all__"]:
            return set(ast.literal_eval(node.value))
    return set()


def _module(name: str) -> str:
    path = PurePosixPath(name)
    parts = path.parent.parts if path.name == "__init__.py" else (*path.parent.parts, path.stem)
    return ".".join(parts)
