"""A copy of the checkout, to which a test adds entries as a contributor does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.toys.environment import CHECKOUT, known_environment

ENTRIES = CHECKOUT / "tests" / "toys" / "entries"
"""A toy entry of every kind, to be copied into the folder of its kind."""
_PARTS = (
    "rnnlab", "tests", "docs", "data", "checkpoints/starter", "README.md", "CHANGELOG.md",
    "CONTRIBUTING.md", "pyproject.toml", ".gitignore",
)  # fmt: skip
# Compiled files save seconds; one that another process is writing has a number as its ending.
_UNFINISHED = shutil.ignore_patterns("*.pyc.*")


class ScratchCopy:
    """A copy of the checkout, or of some parts of it, in a folder of its own."""

    def __init__(self, folder: Path, *parts: str) -> None:
        self.root = folder / "copy"
        for part in parts or _PARTS:
            source, target = CHECKOUT / part, self.root / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=_UNFINISHED)
            else:
                shutil.copy2(source, target)
        known = known_environment(folder, PYTHONPATH=str(self.root), COLUMNS="100")
        # The copy's files are gone when the coverage is reported; its pytest is no worker of ours.
        parts_of_ours = ("COV_", "COVERAGE_", "PYTEST_")
        self._environment = {k: v for k, v in known.items() if not k.startswith(parts_of_ours)}

    def add(self, name: str, folder: str) -> Path:
        """Copy a toy entry into a folder of the package."""
        return Path(shutil.copy(ENTRIES / f"{name}.py", self.root / folder))

    def insert(self, file: str, beginning: str, line: str) -> None:
        """Insert a line after the one that begins with a text; there must be one."""
        path = self.root / file
        lines = path.read_text(encoding="utf-8").splitlines()
        (place,) = (i for i, text in enumerate(lines) if text.startswith(beginning))
        lines.insert(place + 1, line)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def python(self, *arguments: str) -> str:
        """Run Python in the copy, on the copy's package, and return what it prints."""
        ended = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True, text=True, check=False, env=self._environment, cwd=self.root,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout
