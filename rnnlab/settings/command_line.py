"""The command that trains the same run as the form."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.settings.fields import setting_fields

_WITH_EXPONENT = 1e15
"""Integral floats of this magnitude and above are written with an exponent."""


def train_command(
    settings: Mapping[str, Any],
    *,
    recipe: str | None = None,
    name: str | None = None,
    data: Path | None = None,
    checkpoints: Path | None = None,
) -> str:
    """Return the `rnnlab train` command with these settings, quoted for a POSIX shell.

    name: name of the run. data, checkpoints: folders of corpora and runs, if not the defaults.
    """
    options = dict(settings)
    corpus = str(options.pop("corpus", "" if recipe else "CORPUS"))
    named = {"recipe": recipe, "name": name}
    folders = {"data": data, "checkpoints": checkpoints}
    words = [
        word
        for option, value in {**named, **options, **folders}.items()
        if value is not None
        for word in _option(option, value)
    ]
    # A corpus that begins with "-" would be read as an option: it is written after "--".
    before = [corpus] if corpus and not corpus.startswith("-") else []
    behind = ["--", corpus] if corpus.startswith("-") else []
    return shlex.join(["rnnlab", "train", *before, *words, *behind])


def as_text(value: object) -> str:
    """Return a value as text for a field of the form or an option; "" for None."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _WITH_EXPONENT:
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def flag_of(setting: str) -> str:
    """Return the option of a setting: `--final-lr` for `final_lr`."""
    return "--" + setting.replace("_", "-")


def _option(name: str, value: object) -> list[str]:
    """Return the words of an option and its value; a switch is `--name` or `--no-name`."""
    flag = flag_of(name)
    field = setting_fields().get(name)
    if field is not None and field.is_switch and isinstance(value, bool):
        return [flag if value else f"--no{flag[1:]}"]
    text = as_text(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]
