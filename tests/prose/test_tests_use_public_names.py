"""Tests name what is public, so that the package can be renamed and moved without them.

A module that starts with an underscore may be imported by the tests of that module only: those in
its mirror folder that carry its name (`tests/unit/training/test_training_divergence.py` may import
`rnnlab.training._divergence`). No private name is replaced or read anywhere: clocks, paces, sizes
and factories are arguments.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

LAYERS = ("app", "benchmarks", "contract", "process", "toys", "unit", "widgets")
FOREIGN = {
    "_replace": "a public method of every NamedTuple",
    "_asdict": "a public method of every NamedTuple",
    "_exit": "a public function of os",
    "_compositor": "Textual's: the painted lines of a screen, which it offers in no other way",
    "_render_chops": "Textual's: some lines of a screen, of which it offers only all",
}
"""Private names that are not rnnlab's, with the reason why a test uses them."""


def is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


def mirrors(test: str, module: str) -> bool:
    """Return whether a test file is the mirror of a private module."""
    *rooms, name = module.removeprefix("rnnlab.").split(".")
    stem = "_".join(["test", *rooms, name.removeprefix("_")])
    folders = ["unit", "/".join(["unit", *rooms[:1]]), "/".join(["unit", *rooms])]
    folder, _, file = test.rpartition("/")
    return folder in folders and bool(re.fullmatch(rf"{stem}(_\w+)?\.py", file))


def private_names(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, module (empty for an attribute) and name for each private name in a test."""
    own = {"self", "cls"}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("rnnlab"):
                for alias in names:
                    if is_private(module):
                        yield node.lineno, module, alias.name
                    elif is_private(alias.name):
                        yield node.lineno, f"{module}.{alias.name}", alias.name
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.startswith("rnnlab") and is_private(alias.name):
                        yield node.lineno, alias.name, alias.name
            case ast.Call(func=ast.Attribute(attr="setattr" | "delattr" | "object"), args=args):
                for argument in args[:2]:
                    match argument:
                        case ast.Constant(value=str(text)) if is_private(text):
                            yield node.lineno, "", text
            case ast.Attribute(value=value, attr=attr) if is_private(attr):
                if not (isinstance(value, ast.Name) and value.id in own):
                    yield node.lineno, "", attr


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from rnnlab.training._divergence import LossWatch", ["LossWatch"]),
        ("from rnnlab.training import _watch", ["_watch"]),
        ("import rnnlab.training._divergence", ["rnnlab.training._divergence"]),
        ("monkeypatch.setattr(corpora, '_describe', list)", ["_describe"]),
        ("monkeypatch.setattr('rnnlab.cli._app.build_app', list)", ["rnnlab.cli._app.build_app"]),
        ("app.screen._compositor", ["_compositor"]),
        ("self._kept", []),
        ("from rnnlab.training import train", []),
        ("dataclass.__dict__", []),
    ],
)
def test_a_private_name_is_found(source: str, names: list[str]) -> None:
    assert [name for _, _, name in private_names(source)] == names


def test_a_mirror_is_the_test_of_its_module_alone() -> None:
    assert mirrors("unit/training/test_training_divergence.py", "rnnlab.training._divergence")
    assert mirrors(
        "unit/training/test_training_divergence_spikes.py", "rnnlab.training._divergence"
    )
    assert mirrors("unit/test_start.py", "rnnlab._start")
    assert not mirrors("unit/training/test_training_step.py", "rnnlab.training._divergence")
    assert not mirrors("process/test_training_divergence.py", "rnnlab.training._divergence")


@pytest.mark.parametrize(
    "layer", ["app", "benchmarks", "contract", "process", "toys", "unit", "widgets"]
)
def test_no_test_names_what_is_private(layer: str) -> None:
    faults = []
    for file in sorted((TESTS / layer).rglob("*.py")):
        test = file.relative_to(TESTS).as_posix()
        if test.startswith("toys/entries/"):  # files of the package, which no test imports
            continue
        for line, module, name in private_names(file.read_text(encoding="utf-8")):
            if (module and mirrors(test, module)) or name in FOREIGN:
                continue
            faults.append(f"tests/{test}:{line}: {name}")
    assert not faults, "private names in tests:\n" + "\n".join(faults)
