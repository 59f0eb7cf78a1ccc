"""A model that learns while it reads: it predicts each piece before it learns from it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import IGNORED
from rnnlab.dynamic import DynamicSettings, Learner, evaluate_dynamic
from rnnlab.inference import LoadedModel, evaluate_loaded
from rnnlab.models import Example
from tests.toys.learning import make_reader, splits_of
from tests.toys.numeric import assert_close

CASES: list[dict[str, Any]] = [
    {"task": "stream", "cell": "lstm"},
    {"task": "sentences", "cell": "gru"},
    {"task": "stream", "cell": "rnn", "tied": True, "embedding": 7},
    {"task": "stream", "cell": "lstm-layernorm", "layers": 1},
    {"task": "stream", "cell": "gru", "one_hot": True, "dropout": 0.5},
    {"task": "stream", "cell": "lstm", "dtype": "float64", "frozen": True},
]
STILL = DynamicSettings(0.0, 0.0, 8)
LEARNS = DynamicSettings(0.003, 0.01, 8)


def weights_of(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in loaded.model.state_dict().items()}


@pytest.mark.parametrize("case", CASES)
def test_without_a_rate_the_figures_are_those_of_fixed_weights(case: dict[str, Any]) -> None:
    loaded = make_reader(**case)
    splits = splits_of(loaded)
    with Learner(loaded, splits["train"], 8) as learner:
        still = evaluate_dynamic(learner, splits["val"], STILL)
    fixed = evaluate_loaded(loaded, splits["val"])
    assert_close(still.loss_nats, fixed.loss_nats, terms=200, dtype=np.float32)
    assert still[1:] == fixed[1:]


@pytest.mark.parametrize("case", CASES)
def test_learning_lowers_the_loss_on_a_text_that_repeats_itself(case: dict[str, Any]) -> None:
    loaded = make_reader(**case)
    splits, before = splits_of(loaded), weights_of(loaded)
    with Learner(loaded, splits["train"], 8) as learner:
        still = evaluate_dynamic(learner, splits["val"], STILL)
        learning = evaluate_dynamic(learner, splits["val"], LEARNS)
        again = evaluate_dynamic(learner, splits["val"], LEARNS)
        assert learning.loss_nats < still.loss_nats - 0.05
        assert again == learning, "each evaluation begins with the trained weights"
        for batch in splits["val"].pieces(8):
            learner.read(batch, LEARNS)
        moved = weights_of(loaded)
    assert any(not torch.equal(moved[name], before[name]) for name in before)
    after = weights_of(loaded)
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_a_piece_is_predicted_by_weights_that_have_not_seen_it() -> None:
    """The plain form of the rule, written out over a copy of the model."""
    loaded = make_reader(cell="lstm", layers=1, dtype="float64")
    splits = splits_of(loaded)
    pieces = list(splits["val"].pieces(8))[:5]
    model = copy.deepcopy(loaded.language_model)
    names = [name for name, _ in model.named_parameters()]
    trained = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    with Learner(loaded, None, 8) as learner:
        found = [learner.read(piece, LEARNS).logprobs_N for piece in pieces]

    state = model.start_state(1)
    for piece, logprobs_N in zip(pieces, found, strict=True):
        logits_NV, targets_N, state = model.predict(Example.of(piece, model.device), state)
        losses_N = F.cross_entropy(logits_NV, targets_N, reduction="none", ignore_index=IGNORED)
        assert_close(logprobs_N, -losses_N.detach(), terms=400, dtype=np.float64)
        gradients = torch.autograd.grad(losses_N.mean(), list(model.parameters()))
        state = tuple(tuple(part.detach() for part in layer) for layer in state)
        with torch.no_grad():
            for name, weight, gradient in zip(names, model.parameters(), gradients, strict=True):
                back = LEARNS.decay * (trained[name] - weight)
                weight.add_(back - LEARNS.lr * gradient / 1.1)  # all weights learn alike


def test_frozen_embeddings_do_not_move() -> None:
    loaded = make_reader(cell="lstm", frozen=True)
    splits, before = splits_of(loaded), weights_of(loaded)
    with Learner(loaded, splits["train"], 8) as learner:
        for batch in splits["val"].pieces(8):
            learner.read(batch, LEARNS)
        moved = {name for name, w in weights_of(loaded).items() if not torch.equal(w, before[name])}
    assert "embedding.weight" not in moved
    assert "head.weight" in moved


def test_a_classifier_is_refused(make_loaded: Callable[..., LoadedModel]) -> None:
    with pytest.raises(BadInputError, match="is a classifier"):
        Learner(make_loaded(task="classify", cell="gru"), None, 8)
