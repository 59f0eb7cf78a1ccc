"""Classification of texts by a trained classifier.

Shapes: B documents, T words of the longest document, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnlab.corpora import Progress, Vocabulary, silent
from rnnlab.inference._documents import log_probs_function
from rnnlab.inference._loaded import LoadedModel
from rnnlab.settings.run_config import RunConfig

Ids = npt.NDArray[np.int64]


class Verdict(NamedTuple):
    """A classifier's prediction for one document."""

    label: str
    """The most probable class."""
    probabilities: dict[str, float]
    """Probability of every class, in the vocabulary's order of classes."""
    num_tokens: int
    """Number of words that the model read."""
    num_unknown: int
    """Number of these words that are not in the vocabulary."""


def classify_texts(
    loaded: LoadedModel, texts: Sequence[str], batch: int = 64, progress: Progress = silent
) -> list[Verdict]:
    """Return a prediction for every text, preprocessed like the training documents.

    batch: number of texts per forward pass. progress: called with the number of texts classified,
    and the number of all. Raises BadInputError for a language model.
    """
    vocabulary, config = loaded.vocabulary, loaded.config
    log_probs_of = log_probs_function(loaded)
    pad, unk = vocabulary.pad, vocabulary.unk
    assert pad is not None
    documents = [_ids(vocabulary, text, config) for text in texts]
    verdicts = []
    for begin in range(0, len(documents), batch):
        rows = documents[begin : begin + batch]
        lengths_B = np.array([len(ids) for ids in rows])
        tokens_BT = np.full((len(rows), int(lengths_B.max())), pad, dtype=np.int64)
        for row, ids in zip(tokens_BT, rows, strict=True):
            row[: len(ids)] = ids
        probs_BC = np.exp(log_probs_of(tokens_BT, lengths_B))
        for ids, probs_C in zip(rows, probs_BC.tolist(), strict=True):
            best = max(range(len(probs_C)), key=probs_C.__getitem__)
            probabilities = dict(zip(vocabulary.classes, probs_C, strict=True))
            num_unknown = int((ids == unk).sum())
            verdicts.append(Verdict(vocabulary.classes[best], probabilities, len(ids), num_unknown))
        progress(len(verdicts), len(texts))
    return verdicts


def _ids(vocabulary: Vocabulary, text: str, config: RunConfig) -> Ids:
    """Return a document's ids, truncated as in training; one <unk> for an empty document."""
    assert vocabulary.unk is not None
    ids = vocabulary.encode(vocabulary.normalise(text))
    truncated = ids[-config.length :] if config.part == "tail" else ids[: config.length]
    return truncated if len(truncated) else np.array([vocabulary.unk])
