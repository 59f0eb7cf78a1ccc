"""The fields of `RunConfig` as data: name, type, choices, default and help.

They are read from the source of `RunConfig`: the options of the command line and their completion
need nothing else.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

_SOURCE = Path(__file__).with_name("run_config.py")
_CLASS = "RunConfig"
_KINDS: Mapping[str, type] = MappingProxyType(
    {kind.__name__: kind for kind in (str, int, float, bool)}
)


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting."""

    name: str
    kind: type
    """Type of its values: str, int, float or bool. A value may also be None if `default` is."""
    choices: tuple[str, ...]
    """The only valid values of a Literal; empty for every other type."""
    default: Any
    """The default; None if the setting has no value, or must be given (`corpus`)."""
    help: str

    @property
    def is_switch(self) -> bool:
        """Whether the setting is either on or off."""
        return self.kind is bool


@cache
def setting_fields() -> Mapping[str, SettingField]:
    """Return name -> field of all settings, in the order of `RunConfig`."""
    module = ast.parse(_SOURCE.read_text(encoding="utf-8"))
    body = next(
        node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == _CLASS
    )
    fields = {}
    for node, below in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, (kind, choices) = node.target.id, _type_of(node.annotation)
            fields[name] = SettingField(name, kind, choices, _default_of(node.value), _text(below))
    return MappingProxyType(fields)


def _type_of(annotation: ast.expr) -> tuple[type, tuple[str, ...]]:
    """Return the type and the choices of an annotation: `X`, `X | None` or `Literal[...]`."""
    match annotation:
        case ast.Name(id=name):
            return _KINDS[name], ()
        case ast.BinOp(left=ast.Name(id=name), right=ast.Constant(value=None)):
            return _KINDS[name], ()
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=elements)):
            return str, tuple(ast.literal_eval(element) for element in elements)
    raise TypeError(f"not the type of a setting: {ast.unparse(annotation)}")


def _default_of(value: ast.expr | None) -> Any:
    """Return the default of a literal, or of the first argument of `Field`; None for none."""
    if isinstance(value, ast.Call):
        value = value.args[0] if value.args else None
    return None if value is None else ast.literal_eval(value)


def _text(node: ast.stmt) -> str:
    """Return the docstring below a field."""
    assert isinstance(node, ast.Expr)
    return inspect.cleandoc(ast.literal_eval(node.value))
