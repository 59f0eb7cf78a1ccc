"""A folder's files are its entries: one new idea is one new file.

The kind `"cells"` is the folder `rnnlab/cells`, `"decoding/filters"` the folder below it. A file
whose name starts with an underscore is the folder's machinery, not an entry. The entry
`first-sample` is the file `first_sample.py`. Names and summaries are read without importing
anything, so that listing and validating stay free of torch.
"""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

from rnnlab.base.errors import UnknownNameError

_PACKAGE = Path(__file__).parents[1]


@cache
def names(kind: str) -> tuple[str, ...]:
    """Return the names of a kind's entries, sorted."""
    files = (_PACKAGE / kind).glob("[!_]*.py")
    return tuple(sorted(file.stem.replace("_", "-") for file in files))


def check(kind: str, name: str) -> str:
    """Return `name` if it is an entry of `kind`; raise UnknownNameError otherwise."""
    if name not in names(kind):
        raise UnknownNameError(_noun(kind), name, names(kind))
    return name


def load(kind: str, name: str) -> ModuleType:
    """Import and return the module of an entry; raises UnknownNameError."""
    stem = check(kind, name).replace("-", "_")
    return importlib.import_module(f"rnnlab.{kind.replace('/', '.')}.{stem}")


def description(kind: str, name: str) -> str:
    """Return the docstring of an entry's module without importing it."""
    file = _PACKAGE / kind / f"{check(kind, name).replace('-', '_')}.py"
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def summary(kind: str, name: str) -> str:
    """Return the first line of an entry's docstring without importing it."""
    return description(kind, name).partition("\n")[0]


def _noun(kind: str) -> str:
    """Return what a user calls one entry of a kind."""
    last = kind.rpartition("/")[2]
    return {"decoding": "decoder", "corpora": "corpus", "insight": "view"}.get(
        last, last.removesuffix("s")
    )
