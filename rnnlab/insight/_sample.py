"""Sample sequences for views and probes, drawn from a split with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from rnnlab.corpora import IGNORED, Batch, Ids, Split
from rnnlab.insight._through_time import Sample

ROWS, LENGTH = 8, 100
"""Number of sequences of a sample, and maximum number of tokens per sequence: enough for stable
fractions and norms, few enough to be cheap."""
_SEED = 0
"""Seed of the sample: fixed, so all probes and all runs on a corpus use the same sequences."""
_MOST_TOKENS = 200_000
"""Number of tokens, from the start of the split, from which the sample is drawn."""


def draw_sample(split: Split, num_rows: int, length: int, device: torch.device) -> Sample:
    """Return at most `num_rows` sequences of one length (at most `length` tokens), without padding.

    Sequences of a stream start at random positions. Sentences and documents are drawn from the
    longer half of them, and truncated to the length of the shortest one drawn. Uses a random
    generator of its own.
    """
    rng = np.random.default_rng(_SEED)
    batches = list(split.eval_batches(_MOST_TOKENS))
    rows = [row for batch in batches for row in _rows(batch)]
    if not any(batch.is_start for batch in batches[1:]) and all(len(b[0]) == 1 for b in batches):
        inputs, targets = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        size = min(length, len(inputs))
        starts = np.sort(rng.integers(0, len(inputs) - size + 1, num_rows))
        chosen = [(inputs[start : start + size], targets[start : start + size]) for start in starts]
    else:
        median = np.median([min(len(inputs), length) for inputs, _ in rows])
        long_enough = [row for row in rows if len(row[0]) >= median]
        indices = np.sort(rng.permutation(len(long_enough))[:num_rows])
        chosen = [long_enough[index] for index in indices]
    size = min(length, *(len(inputs) for inputs, _ in chosen))
    tokens_BT = np.stack([inputs[:size] for inputs, _ in chosen])
    targets = np.stack([target[:size] if target.ndim else target for _, target in chosen])
    return Sample(torch.from_numpy(tokens_BT).to(device), torch.from_numpy(targets).to(device))


def _rows(batch: Batch) -> Iterator[tuple[Ids, Ids]]:
    """Yield the inputs and targets of each row of a batch, without padding."""
    sizes_B = batch.lengths_B
    if sizes_B is None:
        sizes_B = (batch.targets != IGNORED).sum(axis=1)
    for inputs, target, size in zip(batch.inputs_BT, batch.targets, sizes_B, strict=True):
        yield inputs[:size], target[:size] if target.ndim else np.asarray(target)
