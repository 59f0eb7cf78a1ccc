"""The context of an answer: cached models, the output for replies, and cancellation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.protocol.messages import Reply
from rnnlab.runs.fresh_checkpoint import START_PATIENCE_S, await_first, is_to_come, resolve_live
from rnnlab.runs.paths import RunPaths

if TYPE_CHECKING:
    from rnnlab.models import LoadedModel

FRAME_S = 0.08
"""Minimum number of seconds between two frames of a decoder; the only limit on the frame rate.

Frames come faster than a person can read, and slowly enough for an SSH connection.
"""


class ModelCache:
    """Models used last, by run, step and modification time, because names may be reused."""

    def __init__(self, size: int = 8) -> None:
        self._size = size
        self._loaded: dict[tuple[str, int, int], LoadedModel] = {}

    def get(
        self, run: str, checkpoint: str, is_over: Callable[[], bool] = lambda: False
    ) -> LoadedModel:
        """Return a model at a checkpoint; load it if it is not cached or its file has changed.

        is_over: returns True once the question has been cancelled.
        """
        from rnnlab.models import load_model, parse_checkpoint

        paths = RunPaths(Path(run))
        which = resolve_live(paths, parse_checkpoint(checkpoint), is_over)
        step = which if isinstance(which, int) else paths.read_pointer(which)
        key = _key(paths, -1 if step is None else step)
        if key not in self._loaded:
            loaded = load_model(paths, which)
            key = _key(paths, loaded.step)
            while len(self._loaded) >= self._size:
                del self._loaded[next(iter(self._loaded))]
        else:
            loaded = self._loaded.pop(key)
        self._loaded[key] = loaded  # at the end: a full cache drops its first entry
        return loaded


def _key(paths: RunPaths, step: int) -> tuple[str, int, int]:
    try:
        modified_ns = paths.weights(step).stat().st_mtime_ns
    except OSError:
        modified_ns = 0
    return str(paths.root), step, modified_ns


class NotYetError(Exception):
    """The run has no weights yet, and other questions are waiting: answer the others first."""


@dataclass
class AnswerContext:
    """The models, the output and the cancellations of one generator process."""

    models: ModelCache
    send: Callable[[Reply], None]
    """Writes one reply to the output."""
    is_cancelled: Callable[[int], bool]
    """Takes the number of a question; returns True once the question has been cancelled."""
    others_wait: Callable[[], bool] = lambda: False
    """Returns True while other questions are waiting."""
    _asked_at: dict[int, float] = field(default_factory=dict)
    """Number of a question without weights -> time of its first attempt, in monotonic seconds."""

    def model(self, ask: int, run: str, checkpoint: str) -> LoadedModel:
        """Return the model that a question asks for; `live` waits for the run's first weights.

        Raises NotYetError if other questions arrive during this wait.
        """
        if checkpoint == "live":
            self._await_first(ask, RunPaths(Path(run)))
        return self.models.get(run, checkpoint, partial(self.is_cancelled, ask))

    def _await_first(self, ask: int, paths: RunPaths) -> None:
        now = time.monotonic()
        patience_s = START_PATIENCE_S - (now - self._asked_at.setdefault(ask, now))
        await_first(paths, lambda: self.is_cancelled(ask) or self.others_wait(), patience_s)
        if time.monotonic() < now + patience_s and self.others_wait() and is_to_come(paths):
            raise NotYetError
        del self._asked_at[ask]


class Pace:
    """Limits the frames of one decoder to one per `FRAME_S` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: returns seconds, from any origin."""
        self._clock = clock
        self._sent_at = -math.inf

    def is_due(self) -> bool:
        """Return True, at most once per `FRAME_S` seconds, if a frame is to be sent now."""
        now = self._clock()
        if now - self._sent_at <= FRAME_S:
            return False
        self._sent_at = now
        return True
