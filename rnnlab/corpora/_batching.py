"""Batches of rows of unequal length, with little padding and in random order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from rnnlab.corpora._dataset import Batch, Split
from rnnlab.corpora._vocabulary import Ids
from rnnlab.settings.run_config import RunConfig

_BUCKET_BATCHES = 50
"""Initial number of batches per bucket; large enough if the tokens are characters."""
_MOST_PADDING = 0.045
"""Buckets are doubled in size while more than this fraction is padding, as with words."""


class Buckets:
    """The batches of each epoch: rows shuffled, then sorted by length within buckets.

    Larger buckets cause less padding, but put long rows into the same batch more often.
    """

    def __init__(self, lengths: Ids, batch: int, seed: int) -> None:
        self._lengths = lengths
        self._batch = batch
        self._seed = seed

    def num_batches(self) -> int:
        """Return the number of batches of an epoch."""
        return -(-len(self._lengths) // self._batch)

    def order(self, epoch: int) -> list[Ids]:
        """Return the row indices of each batch of an epoch."""
        return self._order(epoch, self._bucket)

    def padding(self) -> float:
        """Return the fraction of padding in the batches of the first epoch."""
        return self._padding(self._bucket)

    @cached_property
    def _bucket(self) -> int:
        """Number of rows in a bucket, the same for all epochs."""
        bucket = self._batch * _BUCKET_BATCHES
        while bucket < len(self._lengths) and self._padding(bucket) > _MOST_PADDING:
            bucket *= 2
        return bucket

    def _order(self, epoch: int, bucket: int) -> list[Ids]:
        random = np.random.Generator(np.random.PCG64([self._seed, epoch]))
        shuffled = random.permutation(len(self._lengths))
        batches = []
        for begin in range(0, len(shuffled), bucket):
            rows = shuffled[begin : begin + bucket]
            rows = rows[np.argsort(self._lengths[rows], kind="stable")]
            batches += [rows[i : i + self._batch] for i in range(0, len(rows), self._batch)]
        return [batches[i] for i in random.permutation(len(batches))]

    def _padding(self, bucket: int) -> float:
        batches = self._order(0, bucket)
        num_padded = sum(len(rows) * int(self._lengths[rows].max()) for rows in batches)
        return 1 - int(self._lengths.sum()) / num_padded


class BucketedSplit(Split):
    """Rows of unequal length in batches of similar length.

    lengths: number of inputs of each row. eval_rows, eval_places: maximum numbers of rows and of
    inputs, padding included, in a batch of the evaluation.
    """

    def __init__(self, lengths: Ids, config: RunConfig, eval_rows: int, eval_places: int) -> None:
        self.lengths = lengths
        self._buckets = Buckets(lengths, config.batch, config.seed)
        self._eval_limits = (eval_rows, eval_places)

    @abstractmethod
    def padded(self, rows: Ids) -> Batch:
        """Return the batch of these rows."""

    def num_batches(self) -> int:
        """Return the number of batches of one epoch; the last may be smaller."""
        return self._buckets.num_batches()

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the rows in a different random order in each epoch."""
        for rows in self._buckets.order(epoch)[start:]:
            yield self.padded(rows)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        """Yield the first rows of the split, up to `max_tokens` inputs (0: all)."""
        for rows in sorted_order(self.lengths, max_tokens, *self._eval_limits):
            yield self.padded(rows)

    def pieces(self, size: int, start: float = 0.0) -> Iterator[Batch]:
        """Yield consecutive rows, as many as have `size` inputs."""
        ends = np.cumsum(self.lengths)
        row, num_rows = int(start * len(ends)), len(ends)
        while row < num_rows:
            num_read = int(ends[row - 1]) if row else 0
            stop = min(int(np.searchsorted(ends, num_read + size)) + 1, num_rows)
            yield self.padded(np.arange(row, stop))
            row = stop

    def padding(self) -> float:
        """Return the fraction of padding in the batches of the first epoch."""
        return self._buckets.padding()


def sorted_order(lengths: Ids, max_tokens: int, max_rows: int, max_places: int) -> list[Ids]:
    """Return the row indices of each batch for evaluation: the shortest rows first, deterministic.

    max_tokens: use only the first rows, up to N tokens but at least one row (0: all rows).
    max_rows, max_places: maximum numbers of rows and of tokens, padding included, in a batch; they
    bound the memory of a batch.
    """
    num_rows = len(lengths)
    if max_tokens:
        num_rows = max(1, int(np.searchsorted(np.cumsum(lengths), max_tokens, "right")))
    by_length = np.argsort(lengths[:num_rows], kind="stable")
    rows = max(1, min(max_rows, max_places // int(lengths.max(initial=1))))
    return [by_length[begin : begin + rows] for begin in range(0, num_rows, rows)]
