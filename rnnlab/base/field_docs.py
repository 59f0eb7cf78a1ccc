"""Help lines of the fields of pydantic models: the docstrings below their fields."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any


def describe_fields(model: type[Any]) -> None:
    """Set the descriptions of a model's own fields to the docstrings below them.

    Pydantic's `use_attribute_docstrings` does the same, but takes a tenth of a second for the
    settings of a run, because it tokenises the source of the class in Python.
    """
    file = sys.modules[model.__module__].__file__
    assert file is not None
    for name, text in _docstrings(Path(file)).get(model.__name__, {}).items():
        if name in model.model_fields:
            model.model_fields[name].description = text


@cache
def _docstrings(file: Path) -> dict[str, dict[str, str]]:
    """Return the docstrings of the attributes of every class in a file, by class and name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: _texts(node.body) for node in classes}


def _texts(body: list[ast.stmt]) -> dict[str, str]:
    texts = {}
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str(text))
            ):
                texts[name] = inspect.cleandoc(text)
    return texts
