"""A small model with random weights, and a text of its letters with its splits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from rnnlab.corpora import EOS, Split, SplitName, Vocabulary
from rnnlab.corpora.tasks import sentences, stream
from rnnlab.inference import LoadedModel
from rnnlab.models import build_model
from rnnlab.settings.run_config import RunConfig

TEXT = "abc dab. cab a. dad cab. ab. " * 30


def make_reader(**settings: Any) -> LoadedModel:
    """Return a language model of the letters of `TEXT`, with large random weights."""
    values = {"corpus": "none", "hidden": 7, "embedding": 5, "layers": 2, **settings}
    config = RunConfig.from_values(values)
    vocabulary = Vocabulary.count(TEXT, [EOS] if config.task == "sentences" else [])
    model = build_model(config, vocabulary).eval()
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-1.2, 1.2, generator=random)
    return LoadedModel(model, vocabulary, config, 0, "run")


def splits_of(loaded: LoadedModel) -> Mapping[SplitName, Split]:
    """Return the splits of `TEXT` for a model of streams or of sentences."""
    values = {"val_fraction": 0.3, "batch": 2, "length": 10}
    config = loaded.config.model_copy(update=values)
    if config.task == "sentences":
        return sentences.build(TEXT, loaded.vocabulary, config).splits
    return stream.build(TEXT, loaded.vocabulary, config).splits
