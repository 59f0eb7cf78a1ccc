"""Changes of a run that has begun: the settings that may change, and the rules for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.base.names import did_you_mean
from rnnlab.settings.command_line import as_text
from rnnlab.settings.problems import Problem, raise_first
from rnnlab.settings.run_config import RunConfig, validate

ENDS = ("steps", "epochs", "minutes")
"""Settings that limit the length of a run."""
CHANGEABLE = ("lr", "clip", *ENDS, "patience")
"""Settings that may change after the first step; the others decide the model or its data."""

_DIFFERENCE = re.compile(r"(?P<name>\w+) (?P<old>none|[-+.\de]+) -> (?P<new>none|[-+.\de]+)")
"""One part of the text of `differences`."""
Changes = Mapping[str, float]
"""Setting -> new value."""


class Progress(NamedTuple):
    """How far a run has come, in the unit of each end."""

    steps: int
    epochs: float
    minutes: float
    """Training time in minutes, without pauses."""


def parse_changes(words: Sequence[str]) -> dict[str, str]:
    """Return the settings in words of the form `lr=1e-3`, with their values as text.

    Raises BadInputError for a word of another form and for a setting that cannot change.
    """
    changes = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not value:
            raise BadInputError(f"{word!r} is not of the form NAME=VALUE", "write lr=0.001")
        _check_name(name)
        changes[name] = value
    return changes


def changed(
    config: RunConfig, changes: Mapping[str, float | str], progress: Progress | None = None
) -> RunConfig:
    """Return settings with changes; the ends among the changes replace all ends of `config`.

    progress: progress of the run, which a new end must exceed. Raises BadInputError.
    """
    new, problems = check_changes(config, changes, progress)
    raise_first(problems, "")
    assert new is not None
    return new


def check_changes(
    config: RunConfig, changes: Mapping[str, float | str], progress: Progress | None = None
) -> tuple[RunConfig | None, tuple[Problem, ...]]:
    """Return the settings that `changed` returns, or None and all problems."""
    for name in changes:
        try:
            _check_name(name)
        except BadInputError as error:
            return None, (Problem.of(name, error),)
    new, problems = validate({**_kept(config, changes), **changes})
    if new is not None and progress is not None:
        problems = tuple(_reached(new, changes, progress))
    return (None if problems else new), problems


def numbers(config: RunConfig, changes: Mapping[str, object]) -> dict[str, float]:
    """Return the values of the changed settings in validated settings."""
    return {name: getattr(config, name) for name in changes}


def merged(earlier: Changes, later: Changes) -> dict[str, float]:
    """Return the changes of two commands; later ends replace all earlier ones."""
    return {**_without_replaced(earlier, later), **later}


def differences(old: RunConfig, new: RunConfig) -> str:
    """Return the changed settings as text: `lr 0.002 -> 0.001, steps none -> 20000`."""
    return ", ".join(
        f"{name} {_text(before)} -> {_text(after)}"
        for name in CHANGEABLE
        if (before := getattr(old, name)) != (after := getattr(new, name))
    )


def read_differences(text: str) -> dict[str, tuple[str, str]]:
    """Return each setting with its old and new value, from the text that `differences` returns.

    A value is empty if the setting was not set. Other words, as a newer version may write, are
    left out.
    """
    matches = (_DIFFERENCE.fullmatch(part) for part in text.split(", "))
    return {
        match["name"]: (match["old"].replace("none", ""), match["new"].replace("none", ""))
        for match in matches
        if match is not None and match["name"] in CHANGEABLE
    }


def _check_name(name: str) -> None:
    if name in CHANGEABLE:
        return
    hint = f"change {', '.join(CHANGEABLE[:-1])} or {CHANGEABLE[-1]}"
    if name in RunConfig.model_fields:
        raise BadInputError(f"{name!r} cannot be changed during training", hint)
    raise BadInputError(f"unknown setting {name!r}", did_you_mean(name, CHANGEABLE, hint))


def _kept(config: RunConfig, changes: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that `changes` does not replace."""
    return _without_replaced(config.model_dump(exclude_none=True), changes)


def _without_replaced(values: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    has_new_end = any(name in ENDS for name in changes)
    return {n: v for n, v in values.items() if not (has_new_end and n in ENDS)}


def _reached(config: RunConfig, changes: Mapping[str, object], progress: Progress) -> list[Problem]:
    """Return a problem for each new end that the run has reached already."""
    problems = []
    for name in (name for name in ENDS if name in changes):
        value, now = getattr(config, name), getattr(progress, name)
        if value <= now:
            shown = as_text(now) if name == "steps" else f"{now:.2f}"
            text = f"the run has reached {shown} {name} already"
            error = BadInputError(f"{name} = {as_text(value)}: {text}", "choose a larger number")
            problems.append(Problem(name, text, error))
    return problems


def _text(value: float | None) -> str:
    return "none" if value is None else as_text(value)
