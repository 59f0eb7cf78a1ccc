"""Small models with random weights, and the naive way to look into them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnlab.base import registry
from rnnlab.cells import LayerState, LayerWeights, State
from rnnlab.corpora import EOS, PAD, UNK, Vocabulary
from rnnlab.inference import LoadedModel
from rnnlab.insight import Sample
from rnnlab.models import Example, TextModel, build_model
from rnnlab.settings.run_config import RunConfig

LETTERS = "abcdefg \n."
CELLS = registry.names("cells")


def make_model(**settings: object) -> LoadedModel:
    """Return a model in float64 with random weights."""
    values = {
        "corpus": "none", "hidden": 7, "embedding": 7, "layers": 2, "dtype": "float64",
        **settings,
    }  # fmt: skip
    config = RunConfig.from_values(values)
    if config.task == "classify":
        vocabulary = Vocabulary((PAD, UNK, *LETTERS), "lowercase", classes=("bad", "good"))
    else:
        specials = [EOS] if config.task == "sentences" else []
        vocabulary = Vocabulary.count(LETTERS, specials)
    model = build_model(config, vocabulary).eval()
    chance = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(
                torch.randn(parameter.shape, generator=chance, dtype=parameter.dtype) * 0.2
            )
    return LoadedModel(model, vocabulary, config, 0, "run")


def random_sample(loaded: LoadedModel, rows: int = 3, length: int = 12) -> Sample:
    chance = torch.Generator().manual_seed(4)
    num_tokens = len(loaded.vocabulary)
    tokens_BT = torch.randint(num_tokens, (rows, length), generator=chance)
    if loaded.config.task == "classify":
        return Sample(tokens_BT, torch.arange(rows) % 2)
    return Sample(tokens_BT, torch.randint(num_tokens, (rows, length), generator=chance))


def count_steps(model: TextModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every step of the model adds its number of rows.

    The model must be in float64: the native engine does not step with the model itself.
    """
    rows: list[int] = []
    step = model.rnn.step

    def counted(x_BI: Tensor, state: State) -> tuple[Tensor, State]:
        rows.append(len(x_BI))
        return step(x_BI, state)

    monkeypatch.setattr(model.rnn, "step", counted)
    return rows


class Steps:
    """Hooks on the equations: every state and gate of every step, as a naive reader would see."""

    def __init__(self, loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.h: list[Tensor] = []
        self.gates: list[tuple[Tensor, ...]] = []
        self._loaded = loaded
        self._patch = monkeypatch

    def losses(self, sample: Sample) -> tuple[Tensor, Tensor]:
        """Read a sample step by step; return the loss of the last target and that of all."""
        model = self._loaded.model
        cell = model.rnn.cell
        step = cell.step

        def noted(x_BG: Tensor, state: LayerState, weights: LayerWeights) -> LayerState:
            after = step(x_BG, state, weights)
            after[0].retain_grad()
            self.h.append(after[0])
            has_doors = len(cell.gates) > 1
            gates = cell.gate_values(x_BG, state, weights) if has_doors else after[:1]
            self.gates.append(gates)
            return after

        self._patch.setattr(cell, "step", noted)
        self._patch.setattr(model.rnn, "engine", "equations")
        example = Example(sample.tokens_BT, sample.targets, None)
        logits_NC, targets_N, _ = model.predict(example, model.start_state(len(sample.tokens_BT)))
        losses_N = torch.nn.functional.cross_entropy(logits_NC, targets_N, reduction="none")
        last = losses_N.view(len(sample.tokens_BT), -1)[:, -1].mean()
        self._patch.undo()
        return last, losses_N.mean()
