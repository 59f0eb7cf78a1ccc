"""Fixtures of the model tests: small models with random weights, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnlab.base.files import replace_text
from rnnlab.corpora import EOS, PAD, UNK, Vocabulary
from rnnlab.inference import LoadedModel
from rnnlab.models import build_model, save_weights
from rnnlab.runs.paths import RunPaths
from rnnlab.settings.run_config import RunConfig

LETTERS = "abcdé "
WORDS = ("a", "dull", "film", "fine", "no", "very")


def make_vocabulary(task: str) -> Vocabulary:
    if task == "classify":
        return Vocabulary((PAD, UNK, *WORDS), "lowercase", classes=("bad", "fair", "good"))
    return Vocabulary.count(LETTERS, [EOS] if task == "sentences" else [])


@pytest.fixture
def make_loaded() -> Callable[..., LoadedModel]:
    """Return a function that creates a model with large random weights for given settings."""

    def make(seed: int = 1, **settings: object) -> LoadedModel:
        values = {"corpus": "none", "hidden": 7, "embedding": 5, "layers": 2, **settings}
        config = RunConfig.from_values(values)
        vocabulary = make_vocabulary(config.task)
        model = build_model(config, vocabulary).eval()
        random = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.uniform_(-1.2, 1.2, generator=random)
        return LoadedModel(model, vocabulary, config, 0, "run")

    return make


@pytest.fixture
def save_run(tmp_path: Path) -> Callable[[LoadedModel, int], RunPaths]:
    """Return a function that writes a run, or adds a checkpoint to it and sets `last`."""

    def save(loaded: LoadedModel, step: int) -> RunPaths:
        paths = RunPaths(tmp_path / "run")
        paths.root.mkdir(exist_ok=True)
        replace_text(paths.config, loaded.config.to_toml())
        loaded.vocabulary.save(paths.vocabulary)
        save_weights(paths.weights(step), loaded.model)
        replace_text(paths.pointer("last"), f"{step}\n")
        return paths

    return save
