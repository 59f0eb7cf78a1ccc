"""Each promise of docs/reliability.md names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_promise_names_a_test_that_exists() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    promises = page.partition("## Promises")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if re.match(r"\| (?!promise \||---)", line)]
    assert len(rows) > 50
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", row)
        assert tests, f"no test: {row}"
        for file, name in tests:
            assert name.split("::")[-1] in functions(ROOT / file), f"{file} has no {name}"


def functions(file: Path) -> set[str]:
    """Return the names of all functions of a file, those in classes included."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
