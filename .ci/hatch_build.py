"""Builds what a wheel ships but git ignores: the front end (needs npm) and the compiled translations.

Adds config.yaml as engine/default_config.yaml.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Does nothing for an editable install: `make setup` builds into the checkout itself."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        build_data["force_include"][str(root / "config.yaml")] = "engine/default_config.yaml"
        if not (root / "engine/web/static/vendor/viewer.js").exists():
            npm = shutil.which("npm")
            if npm is None:
                raise RuntimeError("The front end is not built and npm is missing: install Node 20 or newer.")
            frontend = root / "engine/web/frontend"
            subprocess.run([npm, "ci", "--ignore-scripts"], cwd=frontend, check=True)
            subprocess.run([npm, "run", "build"], cwd=frontend, check=True)
        words = list(root.glob("engine/web/translations/*/LC_MESSAGES/*.po"))
        if words:
            from babel.messages.mofile import write_mo
            from babel.messages.pofile import read_po

            for source in words:
                with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                    write_mo(mo, read_po(po))
