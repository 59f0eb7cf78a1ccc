"""Check the types of JSON values, from files and pipes, against the fields of a dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_Types = tuple[type, ...]


def misfit(kind: type, values: Mapping[str, Any]) -> str:
    """Return the first field of the dataclass `kind` whose value has a wrong type; "" if none."""
    for name, types, item_types in _field_types(kind):
        if name not in values:
            continue
        value: Any = values[name]
        if not isinstance(value, types):
            return name
        if item_types:
            items: Any = value.values() if isinstance(value, dict) else value
            if not all(isinstance(item, item_types) for item in items):
                return name
    return ""


def known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items of `values` whose names are fields of the dataclass `kind`."""
    return {name: values[name] for name, _, _ in _field_types(kind) if name in values}


@cache
def _field_types(kind: type) -> tuple[tuple[str, _Types, _Types], ...]:
    """Return name, types and item types of every field; only lists and mappings have item types."""
    hints = get_type_hints(kind)
    field_types = []
    for field in fields(kind):
        annotation = hints[field.name]
        arguments = get_args(annotation) if get_origin(annotation) in (list, dict) else ()
        items = _types(arguments[-1]) if arguments else ()
        field_types.append((field.name, _types(annotation), items))
    return tuple(field_types)


def _types(annotation: Any) -> _Types:
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        return tuple(kind for part in get_args(annotation) for kind in _types(part))
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return (str,)
    return (float, int) if origin is float else (origin,)
