"""JSON values: type checks against the fields of a dataclass, and numbers that are not finite."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from itertools import islice
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_Types = tuple[type, ...]


def misfit(kind: type, values: Mapping[str, Any]) -> str:
    """Return the first field of the dataclass `kind` whose value has a wrong type; "" if none.

    True and False are not numbers.
    """
    for name, types, item_types in _field_types(kind):
        if name not in values:
            continue
        value: Any = values[name]
        if not _is_of(value, types):
            return name
        if item_types:
            items: Any = value.values() if isinstance(value, dict) else value
            if not all(item.__class__ is float or _is_of(item, item_types) for item in items):
                return name
    return ""


def _is_of(value: Any, types: _Types) -> bool:
    return value.__class__ in types or (value.__class__ is not bool and isinstance(value, types))


class StreamedList(list[Any]):
    """A list whose items are made only when it is printed; it can be printed once.

    The encoder of `json.dump` in Python iterates over it; `json.dumps` without indentation does
    not.
    """

    def __init__(self, items: Iterable[Any]) -> None:
        items = iter(items)
        super().__init__(islice(items, 1))
        self._others = items

    def __iter__(self) -> Iterator[Any]:
        """Yield the items."""
        yield from super().__iter__()
        yield from self._others


def finite(value: Any) -> Any:
    """Return a JSON value with None for every number that is not finite, which JSON cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, StreamedList):
        return StreamedList(map(finite, value))
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


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
