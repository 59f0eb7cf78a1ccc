"""Registries: every file of a folder is an entry, so a new entry needs only a new file.

The kind `"cells"` is the folder `rnnlab/cells`, the kind `"decoding/filters"` is
`rnnlab/decoding/filters`. The entry `first-sample` is the file `first_sample.py`. Files whose names
start with an underscore are not entries. Names and summaries are read without importing the files,
so listing and validation do not import torch.
"""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from rnnlab.base.errors import UnknownNameError

_PACKAGE = Path(__file__).parents[1]
_DOCSTRING = re.compile(r'[rR]?"""(?s:.*?)"""')


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
    """Import and return the module of an entry; raise UnknownNameError for an unknown name."""
    stem = check(kind, name).replace("-", "_")
    return importlib.import_module(f"rnnlab.{kind.replace('/', '.')}.{stem}")


def description(kind: str, name: str) -> str:
    """Return the docstring of an entry's module without importing it."""
    file = _PACKAGE / kind / f"{check(kind, name).replace('-', '_')}.py"
    source = file.read_text(encoding="utf-8")
    # Without the rest of the file, parsing takes a tenth of the time.
    start = _DOCSTRING.match(source)
    return ast.get_docstring(ast.parse(start[0] if start else source)) or ""


def summary(kind: str, name: str) -> str:
    """Return the first line of an entry's docstring without importing it."""
    return description(kind, name).partition("\n")[0]


def _noun(kind: str) -> str:
    """Return the name that users know for an entry of a kind: `decoder` for `decoding`."""
    last = kind.rpartition("/")[2]
    return {"decoding": "decoder", "corpora": "corpus", "insight": "view"}.get(
        last, last.removesuffix("s")
    )
