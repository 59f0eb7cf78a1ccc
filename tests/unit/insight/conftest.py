"""What the tests of insight share: one look at a model, with random held-out text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from rnnlab.corpora import Batch, Split
from rnnlab.corpora.tasks.stream import StreamSplit
from rnnlab.inference import LoadedModel
from rnnlab.insight import InspectedModel, Wishes, inspect
from rnnlab.plots import Finding
from rnnlab.runs.paths import RunPaths
from tests.toys.models import random_sample


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Finding]:
    """Return look(view, loaded, **wishes): one finding, held-out text being random letters."""

    def find(view: str, loaded: LoadedModel, **wishes: object) -> Finding:
        other = wishes.pop("other", None)
        if isinstance(other, LoadedModel):
            wishes["other"] = InspectedModel(RunPaths(tmp_path / "other"), load=lambda: other)
        subject = InspectedModel(RunPaths(tmp_path / "run"), load=lambda: loaded)
        if loaded.config.task != "classify":
            split: Split = StreamSplit(random_sample(loaded, 1, 400).tokens_BT[0].numpy(), 1, 50)
        else:
            split = _Documents(loaded)
        dataset = type("Data", (), {"held_out": split})
        monkeypatch.setattr(InspectedModel, "dataset", dataset)
        [finding] = inspect(subject, view, Wishes(**wishes))  # type: ignore[arg-type]
        return finding

    return find


class _Documents(Split):
    def __init__(self, loaded: LoadedModel) -> None:
        self._sample = random_sample(loaded, 9, 30)

    def num_batches(self) -> int:
        return 1

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[object]:  # type: ignore[override]
        raise AssertionError("a look reads no training batch")

    def pieces(self, size: int, start: float = 0.0) -> Iterator[Batch]:
        raise AssertionError("a look reads no pieces")

    def eval_batches(self, max_tokens: int = 0) -> Iterator[object]:  # type: ignore[override]
        tokens, classes = (part.numpy() for part in self._sample)
        yield Batch(tokens, classes, len(tokens), is_start=True, lengths_B=np.full(len(tokens), 30))
