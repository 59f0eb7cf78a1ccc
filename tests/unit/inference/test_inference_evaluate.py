"""Evaluation on the native engine: the figures of torch; the state goes from batch to batch.

Shapes: B rows, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.corpora import IGNORED, Batch, Split
from rnnlab.corpora.tasks.stream import StreamSplit
from rnnlab.inference import Evaluation, LoadedModel, evaluate_loaded
from tests.toys.engines import in_torch
from tests.toys.numeric import assert_close
from tests.toys.steppers import NATIVE_CELLS, needs_native

Make = Callable[..., LoadedModel]
STACKS: list[dict[str, Any]] = [
    {"layers": 1},
    {"layers": 2, "one_hot": True},
    {"layers": 3, "residual": True},
    {"layers": 1, "tied": True, "embedding": 7},
    {"layers": 2},
]


class Batches(Split):
    """A split of given batches."""

    def __init__(self, *batches: Batch) -> None:
        self._batches = batches
        self.num_tokens = sum(batch.num_tokens for batch in batches)

    def num_batches(self) -> int:
        return len(self._batches)

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        return iter(self._batches[start:])

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        return iter(self._batches)

    def pieces(self, size: int, start: float = 0.0) -> Iterator[Batch]:
        raise AssertionError("an evaluation reads no pieces")


def calm(loaded: LoadedModel) -> LoadedModel:
    """Make the weights so small that rectified units do not grow without bound."""
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.mul_(0.3)
    return loaded


def assert_same(found: Evaluation, expected: Evaluation, terms: int) -> None:
    """Compare the losses of float32 engines; `terms`: products of a unit times the layers."""
    assert_close(found.loss_nats, expected.loss_nats, terms=terms, dtype=np.float32)
    assert (found.accuracy, found.num_tokens) == (expected.accuracy, expected.num_tokens)
    assert found.confusion == expected.confusion


def stream(num: int, window: int) -> StreamSplit:
    """Return a text of random letters that is read in windows of a length."""
    ids = np.random.default_rng(3).integers(0, 6, num)
    return StreamSplit(ids, 1, 10, vocab_size=2**24 // window)


@needs_native
@pytest.mark.parametrize(("cell", "stack"), zip(NATIVE_CELLS, STACKS, strict=True))
def test_a_text_has_the_loss_that_torch_gives_it(
    make_loaded: Make, cell: str, stack: dict[str, Any]
) -> None:
    loaded = calm(make_loaded(cell=cell, **stack))
    assert loaded.reader is not None
    found = evaluate_loaded(loaded, stream(300, window=64))
    assert_same(found, evaluate_loaded(in_torch(loaded), stream(300, window=64)), terms=3 * 14)


@needs_native
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_window_does_not_change_a_bit_of_a_loss(make_loaded: Make, cell: str) -> None:
    """The state is carried exactly; only the sum over the windows is rounded differently."""
    loaded = make_loaded(cell=cell)
    whole = evaluate_loaded(loaded, stream(200, window=200))
    for window in (1, 7, 64):
        parted = evaluate_loaded(loaded, stream(200, window=window))
        assert parted.accuracy == whole.accuracy
        assert_close(parted.loss_nats, whole.loss_nats, terms=200, dtype=np.float64)


@needs_native
def test_padding_of_sentences_has_no_loss(make_loaded: Make) -> None:
    loaded = calm(make_loaded(task="sentences", cell="gru"))
    inputs_BT = np.array([[0, 1, 2, 3], [0, 4, 4, 4], [0, 5, 1, 1]])
    targets_BT = np.array([[1, 2, 3, 0], [4, 0, IGNORED, IGNORED], [5, 0, IGNORED, IGNORED]])
    batch = Batch(inputs_BT, targets_BT, 8, is_start=True)
    reverse = batch._replace(inputs_BT=inputs_BT[::-1].copy(), targets=targets_BT[::-1].copy())
    split = Batches(batch, reverse)
    found = evaluate_loaded(loaded, split)
    assert found.num_tokens == 16
    assert_same(found, evaluate_loaded(in_torch(loaded), split), terms=2 * 14)
    other = inputs_BT.copy()
    other[1:, 2:] = 3
    padded = evaluate_loaded(loaded, Batches(batch._replace(inputs_BT=other), batch))
    assert_same(padded, found, terms=1)


@needs_native
@pytest.mark.parametrize("has_lengths", [True, False])
def test_documents_are_counted_by_their_classes(make_loaded: Make, has_lengths: bool) -> None:
    loaded = calm(make_loaded(task="classify", bidirectional=True, pooling="mean"))
    random = np.random.default_rng(2)
    lengths_B = np.array([3, 5, 1, 4])
    tokens_BT, classes_B = random.integers(1, 8, (4, 5)), np.array([0, 2, 2, 1])
    batch = Batch(tokens_BT, classes_B, 4, True, lengths_B if has_lengths else None)
    found = evaluate_loaded(loaded, Batches(batch))
    assert found.confusion is not None
    assert [sum(row) for row in found.confusion] == [1, 1, 2]
    assert_same(found, evaluate_loaded(in_torch(loaded), Batches(batch)), terms=5 * 2 * 21)


@needs_native
def test_progress_is_reported_after_every_window(make_loaded: Make) -> None:
    told: list[tuple[int, int]] = []
    evaluate_loaded(
        make_loaded(), stream(25, window=10), 0, lambda done, total: told.append((done, total))
    )
    assert told == [(10, 24), (20, 24), (24, 24)]


@needs_native
def test_a_target_outside_the_vocabulary_is_refused(make_loaded: Make) -> None:
    loaded = make_loaded()
    targets_BT = np.array([[1, len(loaded.vocabulary)]])
    with pytest.raises(IndexError, match="target"):
        evaluate_loaded(loaded, Batches(Batch(np.array([[1, 2]]), targets_BT, 2, True)))
    with pytest.raises(IndexError, match="token"):
        evaluate_loaded(loaded, Batches(Batch(targets_BT, np.array([[1, 2]]), 2, True)))
