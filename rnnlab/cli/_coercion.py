"""Convert the values of a command line without pydantic.

Typer converts every value, given or not, with pydantic, whose import takes longer than most verbs.
Here, a valid value is converted by Python itself; any other one is left to Typer, which reports it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE]-?[0-9]{1,3})?")


class _Coercion:
    """Converts the values of one parameter; takes the place of Typer's `RuntimeParam`."""

    def __init__(self, slow: Callable[[], Any]) -> None:
        """slow: returns Typer's `RuntimeParam`."""
        self._slow = slow

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return a value in the type of its parameter.

        Raise Typer's error for an invalid one.
        """
        is_list = param.multiple or param.nargs == -1
        if value is None:
            return () if is_list else None
        annotation, info = param.type_descriptor.annotation, param.type_descriptor.parameter_info
        if info.parser is None:
            try:
                if not is_list:
                    return _plain(value, annotation, info)
                if get_origin(annotation) is list and not isinstance(value, str):
                    return [_plain(item, get_args(annotation)[0], info) for item in value]
            except ValueError:
                pass
        return self._slow().coerce(value, param=param, ctx=ctx)


def without_pydantic(parameters: list[Any]) -> list[Any]:
    """Have parameters of Typer convert valid values without pydantic; return the parameters."""
    for parameter in parameters:
        slow = parameter.get_runtime_param
        vars(parameter).setdefault("get_runtime_param", partial(_Coercion, slow))
    return parameters


def _plain(value: Any, annotation: Any, info: Any) -> Any:
    """Return a value in the type `annotation`; raise ValueError if that is left to Typer."""
    if type(value) is annotation and annotation in (int, float):  # a default
        return _in_limits(value, info)
    if isinstance(value, str):
        value.encode()  # bytes of an argument that are not valid text: a ValueError
        if annotation is str or (
            get_origin(annotation) is Literal and value in get_args(annotation)
        ):
            return value
        if annotation is int and _INT.fullmatch(value):
            return _in_limits(int(value), info)
        if annotation is float and _FLOAT.fullmatch(value):
            return _in_limits(float(value), info)
        if annotation is Path and not _has_conditions(info) and _is_readable(value):
            return Path(value)
    raise ValueError(value)


def _in_limits(value: float, info: Any) -> float:
    if info.clamp or (info.min is not None and not value >= info.min):
        raise ValueError(value)
    if info.max is not None and not value <= info.max:
        raise ValueError(value)
    return value


def _has_conditions(info: Any) -> bool:
    """Return whether an option demands more of a path than that it can be read, if it exists."""
    is_special = info.allow_dash or info.path_type is not None or info.resolve_path
    is_any = info.file_okay and info.dir_okay
    return bool(is_special or info.exists or info.writable or not is_any)


def _is_readable(path: str) -> bool:
    return os.access(path, os.R_OK) or not os.path.exists(path)
