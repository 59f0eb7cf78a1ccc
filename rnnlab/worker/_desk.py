"""What answers to questions need: models at hand, somebody to talk to, whether he still listens."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rnnlab.runs.paths import RunPaths
from rnnlab.runs.prompts import Look, Reply, Request

if TYPE_CHECKING:
    from rnnlab.models import LoadedModel

FRAME_S = 0.08
"""Time between two frames of a decoder at least: faster than the eye reads, slow enough for SSH."""


class Models:
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
        from rnnlab.runs.live import settled

        paths = RunPaths(Path(run))
        which = settled(paths, parse_checkpoint(checkpoint), is_over)
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


class Desk(NamedTuple):
    """Where a question is answered."""

    models: Models
    say: Callable[[Reply], None]
    is_cancelled: Callable[[int], bool]
    """Whether the one who asked has lost interest."""

    def model(self, question: Request | Look) -> LoadedModel:
        """Return the model that a question is about; its first weights are waited for."""
        is_over = partial(self.is_cancelled, question.ask)
        return self.models.get(question.run, question.checkpoint, is_over)


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
