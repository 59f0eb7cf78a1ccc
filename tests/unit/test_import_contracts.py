"""Each kind of import cycle breaks the contracts of `[tool.importlinter]`.

`make check` proves that the package keeps them.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from pathlib import Path
from typing import Protocol

import importlinter.cli  # noqa: F401  # it configures the use cases
import pytest
import tomli_w
from importlinter.application import use_cases

from tests.toys.environment import CHECKOUT
from tests.toys.import_cycles import find_cycle, loaded_kinds, with_loads

ACYCLIC = ("acyclic_siblings", "acyclic_modules")


class Lint(Protocol):
    """Check the contracts of a folder; return whether they are kept, and the report."""

    def __call__(self, folder: Path) -> tuple[bool, str]: ...


@pytest.fixture
def lint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lint:
    """Return what `lint-imports --no-cache` does, in this process."""

    def lint(folder: Path) -> tuple[bool, str]:
        monkeypatch.syspath_prepend(str(folder))
        with contextlib.chdir(folder):
            is_kept = use_cases.lint_imports(cache_dir=None)
        return is_kept, capsys.readouterr().out

    return lint


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A folder with a package `toy` without imports, and rnnlab's contracts on cycles for it."""
    config = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    linter = config["tool"]["importlinter"]
    linter["contracts"] = [c for c in linter["contracts"] if c["type"] in ACYCLIC]
    assert len(linter["contracts"]) == len(ACYCLIC)
    text = tomli_w.dumps({"tool": {"importlinter": linter}}).replace('"rnnlab"', '"toy"')
    (tmp_path / "pyproject.toml").write_text(text)
    for package in ("toy", "toy/one", "toy/two"):
        (tmp_path / package).mkdir()
        for name in ("__init__", "a", "b"):
            (tmp_path / package / f"{name}.py").touch()
    return tmp_path


def test_imports_in_one_direction_are_kept(toy: Path, lint: Lint) -> None:
    (toy / "toy/one/a.py").write_text("import toy.one.b\nimport toy.two\nimport toy.two.a\n")
    (toy / "toy/one/__init__.py").write_text("import toy.one.a\n")
    is_kept, printed = lint(toy)
    assert is_kept, printed
    assert "Contracts: 2 kept, 0 broken." in printed


@pytest.mark.parametrize(
    ("files", "num_broken"),
    [
        ({"a": "import toy.b", "b": "import toy.a"}, 2),
        ({"a": "import toy.b", "b": "def do():\n    import toy.a"}, 2),
        ({"a": "import toy.b", "b": "import typing\nif typing.TYPE_CHECKING:\n import toy.a"}, 2),
        ({"one/a": "import toy.two.b", "two/b": "import toy.one.b", "one/b": "import toy.a"}, 1),
        ({"one/a": "import toy.one", "one/__init__": "import toy.one.a"}, 1),
        ({"one/a": "import toy.two.b", "two/__init__": "import toy.one.a"}, 2),
    ],
    ids=["modules", "in-a-function", "types", "packages", "own-package", "a-package-runs-first"],
)
def test_a_cycle_is_reported(toy: Path, files: dict[str, str], num_broken: int, lint: Lint) -> None:
    for name, text in files.items():
        (toy / "toy" / f"{name}.py").write_text(f"{text}\n")
    is_kept, printed = lint(toy)
    assert not is_kept, printed
    assert f"{num_broken} broken." in printed


def test_an_import_by_name_closes_a_cycle() -> None:
    loader, entry = "rnnlab.models._text_model", "rnnlab.cells.gru"
    imports: dict[str, set[str]] = {loader: set(), entry: {loader}}
    assert not find_cycle(imports)
    cycle = find_cycle(with_loads("rnnlab", imports))
    assert set(cycle) == {loader, entry}
    assert cycle[0] == cycle[-1]


def test_the_kinds_that_a_module_loads_are_constants() -> None:
    source = 'KIND = "plots"\nregistry.load(KIND, name)\nregistry.load("cells", name).CELL\n'
    assert sorted(loaded_kinds(source)) == ["cells", "plots"]
    with pytest.raises(TypeError, match="line 1: the kind is not a constant"):
        list(loaded_kinds("registry.load(kind, name)"))


def test_the_registry_and_lazy_packages_alone_import_by_name() -> None:
    by_name = re.compile(r"\b(import_module|__import__|run_module|spec_from_file_location)\b")
    files = [
        file.relative_to(CHECKOUT).as_posix()
        for file in sorted((CHECKOUT / "rnnlab").rglob("*.py"))
        if by_name.search(file.read_text(encoding="utf-8"))
    ]
    # A lazy package imports the same names under TYPE_CHECKING (tests/unit/base/test_base_lazy.py).
    assert files == ["rnnlab/base/lazy.py", "rnnlab/base/registry.py"]
