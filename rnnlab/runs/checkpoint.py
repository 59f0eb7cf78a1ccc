"""Which checkpoint of a run: parse the text of a user, and find the checkpoint on disk.

Does not import torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from rnnlab.base.display import shortened
from rnnlab.base.errors import BadInputError
from rnnlab.runs.fresh_checkpoint import START_PATIENCE_S, await_first, is_to_come, save_now
from rnnlab.runs.paths import Pointer, RunPaths

Name = Pointer | Literal["live"]
"""`last`; `best`, by validation loss; `live`, the last one after a request to a training run to
save."""
NAMES: tuple[Name, ...] = ("live", "last", "best")
"""All names."""
POINTERS: tuple[Pointer, ...] = ("last", "best")
"""The names that need no worker."""
_AnyName = TypeVar("_AnyName", bound=Name)
_STEP = re.compile(r"[0-9]{1,18}")
_NUM_SHOWN, _WIDTH = 5, 40


class NotYetError(Exception):
    """The run has not saved its first weights yet, and the caller has other work meanwhile."""


def is_step(text: str) -> bool:
    """Return True if a text is the number of a step."""
    return _STEP.fullmatch(text) is not None


def parse_checkpoint(
    text: str, names: Sequence[_AnyName], steps: Sequence[int] = ()
) -> _AnyName | int:
    """Return the checkpoint that a text names: a name or the number of a step.

    names: `NAMES` or `POINTERS`, the names to accept. steps: steps of the run, for the message.
    Raises BadInputError.
    """
    for name in names:
        if text == name:
            return name
    if is_step(text):
        return int(text)
    shown = ", ".join(map(str, steps[-_NUM_SHOWN:]))
    hint = f"use {', '.join(names)} or a step{f': {shown}' if shown else ''}"
    raise BadInputError(f"{shortened(text, _WIDTH)!r} is not a checkpoint", hint)


def split_checkpoint(text: str) -> tuple[str, str]:
    """Return the run and the checkpoint of `RUN@CHECKPOINT`; the checkpoint of `RUN` is empty."""
    run, separator, checkpoint = text.rpartition("@")
    return (run, checkpoint) if separator else (text, "")


def resolve_checkpoint(
    paths: RunPaths,
    text: str,
    is_over: Callable[[], bool] = lambda: False,
    gives_way: Callable[[], bool] = lambda: False,
    patience_s: float = START_PATIENCE_S,
) -> Pointer | int:
    """Return the checkpoint that a text names; for `live`, make the last one current.

    `live` waits until a new run has saved its first weights, and asks a training run to save now.

    is_over: returns True once the caller no longer waits. gives_way: returns True once the caller
    has other work; then raises NotYetError if the first weights are still to come. patience_s:
    seconds to wait for the first weights. Raises BadInputError if the text is not a checkpoint.
    """
    which = parse_checkpoint(text, NAMES)
    if which != "live":
        return which
    await_first(paths, lambda: is_over() or gives_way(), patience_s)
    if patience_s > 0 and gives_way() and is_to_come(paths):
        raise NotYetError
    save_now(paths, is_over)
    return "last"
