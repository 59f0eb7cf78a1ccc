"""What answers to questions need: models at hand, somebody to talk to, whether he still listens."""

from __future__ import annotations

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
"""Time between two frames of a decoder at least: faster than the eye reads, slow enough for SSH."""


class ModelCache:
    """The models used last, by run, checkpoint and birth of its file: names are used again."""

    def __init__(self, size: int = 8) -> None:
        self._size = size
        self._loaded: dict[tuple[str, int, int], LoadedModel] = {}

    def get(
        self, run: str, checkpoint: str, is_over: Callable[[], bool] = lambda: False
    ) -> LoadedModel:
        """Return a run's model at a checkpoint, from memory while the checkpoint is the same.

        is_over: whether nobody waits any more.
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
        self._loaded[key] = loaded  # the last one is the one used last
        return loaded


def _key(paths: RunPaths, step: int) -> tuple[str, int, int]:
    try:
        born = paths.weights(step).stat().st_mtime_ns
    except OSError:
        born = 0
    return str(paths.root), step, born


class NotYetError(Exception):
    """The weights that a question is about are still to come, and others wait: they go first."""


@dataclass
class AnswerContext:
    """Where a question is answered."""

    models: ModelCache
    say: Callable[[Reply], None]
    is_cancelled: Callable[[int], bool]
    """Whether the one who asked has lost interest."""
    others_wait: Callable[[], bool] = lambda: False
    """Whether there are other questions."""
    _asked_at: dict[int, float] = field(default_factory=dict)
    """When those that wait for first weights did so first."""

    def model(self, ask: int, run: str, checkpoint: str) -> LoadedModel:
        """Return the model that a question is about; its first weights are waited for.

        Raises NotYetError where others should not have to wait with it.
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
    """Tells when the next frame is due."""

    def __init__(self) -> None:
        self._shown_at = 0.0

    def is_due(self) -> bool:
        """Return whether a frame may be shown now; the next one is then due a little later."""
        now = time.monotonic()
        if now - self._shown_at <= FRAME_S:
            return False
        self._shown_at = now
        return True
