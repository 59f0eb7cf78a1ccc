"""Sequences to look at a model with, drawn from a split by a seed of their own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from rnnlab.corpora import IGNORED, Batch, Ids, Split
from rnnlab.insight._through_time import Sample

ROWS, LENGTH = 8, 100
"""Sequences of a look's sample, tokens of each at most: enough for shares and norms to stand still,
few enough to be cheap."""
_SEED = 0
"""Decides which sequences are drawn: the same ones at every look and in every run of a text."""
_MOST_TOKENS = 200_000
"""Tokens of the split that are drawn from."""


def draw_sample(split: Split, num_rows: int, length: int, device: torch.device) -> Sample:
    """Return at most `num_rows` sequences of one length, at most `length`, none of them padded.

    A stream is cut at random places; of sentences and documents the longer half is drawn from, and
    all are cut to the shortest drawn. No random generator but its own is touched.
    """
    chance = np.random.default_rng(_SEED)
    batches = list(split.eval_batches(_MOST_TOKENS))
    rows = [row for batch in batches for row in _rows(batch)]
    if not any(batch.is_start for batch in batches[1:]) and all(len(b[0]) == 1 for b in batches):
        inputs, targets = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        size = min(length, len(inputs))
        starts = np.sort(chance.integers(0, len(inputs) - size + 1, num_rows))
        chosen = [(inputs[start : start + size], targets[start : start + size]) for start in starts]
    else:
        median = np.median([min(len(inputs), length) for inputs, _ in rows])
        long_enough = [row for row in rows if len(row[0]) >= median]
        places = np.sort(chance.permutation(len(long_enough))[:num_rows])
        chosen = [long_enough[place] for place in places]
    size = min(length, *(len(inputs) for inputs, _ in chosen))
    tokens_BT = np.stack([inputs[:size] for inputs, _ in chosen])
    targets = np.stack([target[:size] if target.ndim else target for _, target in chosen])
    return Sample(torch.from_numpy(tokens_BT).to(device), torch.from_numpy(targets).to(device))


def _rows(batch: Batch) -> Iterator[tuple[Ids, Ids]]:
    """Give what is read and what is to be predicted of each row, padding cut off."""
    sizes_B = batch.lengths_B
    if sizes_B is None:
        sizes_B = (batch.targets != IGNORED).sum(axis=1)
    for inputs, target, size in zip(batch.inputs_BT, batch.targets, sizes_B, strict=True):
        yield inputs[:size], target[:size] if target.ndim else np.asarray(target)
