"""Values of settings by name: conversion from text, defaults, files with some of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.base.toml_files import read_toml
from rnnlab.settings.problems import raise_first
from rnnlab.settings.run_config import RunConfig, validate

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def parse_setting(name: str, value: Any) -> Any:
    """Return a value, usually text of the form, in the type of its setting; ignores limits.

    A value that cannot be converted is returned unchanged.
    """
    from pydantic import ValidationError

    try:
        return _adapter(name).validate_python(value)
    except ValidationError:
        return value


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    annotation: Any = RunConfig.model_fields[name].annotation
    return TypeAdapter(annotation)


def default_settings() -> dict[str, Any]:
    """Return the defaults, without `corpus` and the settings whose default is None."""
    return {
        name: field.default
        for name, field in RunConfig.model_fields.items()
        if not field.is_required() and field.default is not None
    }


def read_settings(file: Path) -> dict[str, Any]:
    """Read a file with some of the settings; raises BadInputError, which names file and setting.

    Settings that exclude each other are left to `resolve`: another layer may override one of them.
    """
    values = read_toml(file, is_named=True)
    _, problems = validate({"corpus": "any", **values})
    raise_first([problem for problem in problems if problem.name], str(file))
    return values
