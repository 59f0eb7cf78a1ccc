"""Features and log-probs of whole documents, on the engine of a model.

Shapes: B documents, T words of the longest document, H features per word, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.inference._loaded import LoadedModel
from rnnlab.inference.reader import F32, Ids, Reader
from rnnlab.settings.run_config import RunConfig

LogProbsOf = Callable[[Ids, Ids], NDArray[Any]]
"""Takes tokens [B, T], padded at the ends of the rows, and the numbers of words [B], at least 1;
returns the log-probs [B, C] of the classes in nats."""


def log_probs_function(loaded: LoadedModel) -> LogProbsOf:
    """Return the function that reads documents; raises BadInputError for a language model."""
    loaded.check_classifier()
    reader = loaded.reader
    if reader is None:
        return _in_torch(loaded)

    def log_probs_of(tokens_BT: Ids, lengths_B: Ids) -> F32:
        return reader.log_probs(document_features(reader, loaded.config, tokens_BT, lengths_B))

    return log_probs_of


def document_features(reader: Reader, config: RunConfig, tokens_BT: Ids, lengths_B: Ids) -> F32:
    """Return the features [B, H] of documents, pooled from their words; ignore padding."""
    y_BTH, _ = reader.read(tokens_BT, reader.begin(len(tokens_BT)), lengths_B)
    if config.pooling == "last":
        return _last_outputs(y_BTH, lengths_B, config)
    is_padding_BT = np.arange(y_BTH.shape[1]) >= lengths_B[:, None]
    if config.pooling == "max":
        y_BTH[is_padding_BT] = -np.inf
        most_BH: F32 = y_BTH.max(axis=1)
        return most_BH
    y_BTH[is_padding_BT] = 0.0
    mean_BH: F32 = y_BTH.sum(axis=1) / lengths_B[:, None].astype(np.float32)
    return mean_BH


def _last_outputs(y_BTH: F32, lengths_B: Ids, config: RunConfig) -> F32:
    """Return the last outputs [B, H]; those of the reverse direction are at the first word."""
    last_BH = y_BTH[np.arange(len(y_BTH)), lengths_B - 1]
    if config.bidirectional:
        last_BH[:, config.hidden :] = y_BTH[:, 0, config.hidden :]
    return last_BH


def _in_torch(loaded: LoadedModel) -> LogProbsOf:
    import torch

    model = loaded.classifier

    @torch.inference_mode()
    def log_probs_of(tokens_BT: Ids, lengths_B: Ids) -> NDArray[Any]:
        tokens, lengths = (torch.from_numpy(ids).to(model.device) for ids in (tokens_BT, lengths_B))
        log_probs_BC: NDArray[Any] = model.log_probs(model(tokens, lengths)).cpu().numpy()
        return log_probs_BC

    return log_probs_of
