"""Packages that import the module of a public name at the first use of the name (PEP 562).

A package of many modules would otherwise import all of them for a process that needs one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package, which Python calls for a name that it does not have.

    package: the package's `__name__`. modules: module -> its public names, separated by spaces. The
    package imports the same names under `TYPE_CHECKING`, for readers, mypy and the import
    contracts.
    """
    module_of = {name: module for module, names in modules.items() for name in names.split()}

    def get(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # so that Python does not ask again
        return value

    return get
