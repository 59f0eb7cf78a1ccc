"""A lazy package has each of its public names, from the module that defines it."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

PACKAGES = ["rnnlab.corpora", "rnnlab.decoding", "rnnlab.inference", "rnnlab.protocol.messages"]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_names_of_a_lazy_package_are_those_that_it_imports_for_readers(package: str) -> None:
    module = import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text())
    shown = [
        (alias.name, part.module)
        for block in tree.body
        if isinstance(block, ast.If)
        for part in block.body
        if isinstance(part, ast.ImportFrom)
        for alias in part.names
    ]
    assert sorted(name for name, _ in shown) == sorted(module.__all__)
    for name, origin in shown:
        assert getattr(module, name) is getattr(import_module(str(origin)), name)


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'dance'"):
        import_module(package).dance  # noqa: B018
