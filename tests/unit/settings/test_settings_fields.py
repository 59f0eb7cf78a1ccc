"""The settings as data are the fields of `RunConfig`."""

from __future__ import annotations

from typing import Any, Literal

from rnnlab.settings.fields import setting_fields
from rnnlab.settings.run_config import RunConfig


def test_the_fields_are_those_of_the_model() -> None:
    assert list(setting_fields()) == list(RunConfig.model_fields)
    for name, field in setting_fields().items():
        info = RunConfig.model_fields[name]
        assert (field.name, field.default, field.help) == (name, info.default, info.description)
        assert type(field.default) is type(info.default), name
        is_optional = info.default is None and not info.is_required()
        assert info.annotation == _annotation(field.kind, field.choices, is_optional), name
        assert field.is_switch == (info.annotation is bool)


def _annotation(kind: type, choices: tuple[str, ...], is_optional: bool) -> Any:
    if choices:
        return Literal[choices]
    return kind | None if is_optional else kind
