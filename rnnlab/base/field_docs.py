"""Help lines of fields: the docstrings below them."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any


def docstring_of(owner: type[Any], name: str) -> str | None:
    """Return the docstring below a field in the body of its class; None if there is none.

    The source of the class is read, once, when the first help line is needed: most processes show
    none.
    """
    file = sys.modules[owner.__module__].__file__
    assert file is not None
    return _docstrings(Path(file)).get(owner.__name__, {}).get(name)


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
