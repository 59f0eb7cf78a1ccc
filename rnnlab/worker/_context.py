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
from rnnlab.runs.checkpoint import NotYetError, resolve_checkpoint
from rnnlab.runs.fresh_checkpoint import START_PATIENCE_S
from rnnlab.runs.paths import Pointer, RunPaths

if TYPE_CHECKING:
    from rnnlab.inference import LoadedModel

FRAME_S = 0.08
"""Minimum number of seconds between two frames of a decoder; the only limit on the frame rate.

Frames come faster than a person can read, and slowly enough for an SSH connection.
"""


class ModelCache:
    """Models used last, by run, step and modification time, because names may be reused."""

    def __init__(self, size: int = 8) -> None:
        self._size = size
        self._loaded: dict[tuple[str, int, int], LoadedModel] = {}

    def get(self, paths: RunPaths, checkpoint: Pointer | int) -> LoadedModel:
        """Return a run's model; load it if it is not cached or its file has changed.

        checkpoint: result of `resolve_checkpoint`.
        """
        from rnnlab.inference import load_model

        step = checkpoint if isinstance(checkpoint, int) else paths.read_pointer(checkpoint)
        key = _key(paths, -1 if step is None else step)
        if key not in self._loaded:
            loaded = load_model(paths, checkpoint)
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
        paths, now = RunPaths(Path(run)), time.monotonic()
        asked_at = self._asked_at.pop(ask, now)
        is_over, patience_s = partial(self.is_cancelled, ask), START_PATIENCE_S - (now - asked_at)
        try:
            at = resolve_checkpoint(paths, checkpoint, is_over, self.others_wait, patience_s)
        except NotYetError:
            self._asked_at[ask] = asked_at
            raise
        return self.models.get(paths, at)


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
