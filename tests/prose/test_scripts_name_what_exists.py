"""The scripts beside the tests and the Makefile name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_path_of_a_script_exists() -> None:
    scripts = [*sorted((ROOT / "tests" / "matrix").glob("*.py")), ROOT / "Makefile"]
    scripts += [ROOT / "CONTRIBUTING.md", ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    named = {
        (script.name, path.rstrip(".,"))
        for script in scripts
        for path in re.findall(r"\btests/[\w/.-]+", script.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    missing = [f"{script}: {path}" for script, path in sorted(named) if not (ROOT / path).exists()]
    assert not missing
