"""The classifier: padding has no effect, pooling, and predictions for texts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.inference import LoadedModel
from rnnlab.models import Classifier, Example, TextModel
from rnnlab.settings.run_config import RunConfig
from tests.toys.cases import case
from tests.toys.numeric import assert_close

Make = Callable[..., LoadedModel]
POOLINGS = ["last", "mean", "max"]
DOCUMENTS = [[2, 3, 4], [5, 6, 7, 2, 3], [4]]


def padded(pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens [B, T], padded with `pad`, and lengths [B] of the documents."""
    tokens_BT = torch.full((3, 7), pad)
    for row, ids in zip(tokens_BT, DOCUMENTS, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    return tokens_BT, torch.tensor([len(ids) for ids in DOCUMENTS])


def classifier(make: Make, **settings: object) -> Classifier:
    return make(task="classify", dtype="float64", **settings).classifier


def assert_logits_close(result: Any, expected: Any, *, ulps: float = 4) -> None:
    """Compare logits after 7 tokens, each a sum of 14 + 7 products in each of two layers."""
    assert_close(result.detach(), expected.detach(), terms=7 * 2 * 21, ulps=ulps)


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_a_document_alone_and_padded_among_others_is_the_same(make_loaded: Make, cell: str) -> None:
    for pooling, bidirectional in product(POOLINGS, (False, True)):
        model = classifier(make_loaded, cell=cell, pooling=pooling, bidirectional=bidirectional)
        together_BC = model(*padded(0))
        with case(pooling=pooling, bidirectional=bidirectional):
            # Exact: the same operations on tensors of the same shape.
            assert torch.equal(together_BC, model(*padded(7))), "padding matters"
            for ids, logits_C in zip(DOCUMENTS, together_BC, strict=True):
                alone_1C = model(torch.tensor([ids]), torch.tensor([len(ids)]))
                # The weights enlarge an error from step to step.
                assert_logits_close(alone_1C[0], logits_C, ulps=1000)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooling_equals_its_definition(make_loaded: Make, pooling: str) -> None:
    model = classifier(make_loaded, pooling=pooling)
    y_1TH, _ = model.rnn(model.embed(torch.tensor([DOCUMENTS[1]])), model.start_state(1))
    pooled_H = {
        "last": y_1TH[0, -1],
        "mean": y_1TH[0].mean(dim=0),
        "max": y_1TH[0].max(dim=0).values,
    }[pooling]
    found_BC = model(*padded(0))
    assert_logits_close(found_BC[1], model.logits(pooled_H))


def test_both_directions_end_at_the_documents_ends(make_loaded: Make) -> None:
    """In the reverse direction the last state is at the first word."""
    model = classifier(make_loaded, bidirectional=True, layers=1, hidden=4)
    ids = torch.tensor([DOCUMENTS[1]])
    y_1TF, _ = model.rnn(model.embed(ids), model.start_state(1))
    ends_F = torch.cat([y_1TF[0, -1, :4], y_1TF[0, 0, 4:]])
    assert_logits_close(model(ids, torch.tensor([5]))[0], model.logits(ends_F))


def test_every_direction_and_layer_learns(make_loaded: Make) -> None:
    model = classifier(make_loaded, bidirectional=True, layers=2, pooling="max")
    model(*padded(0)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_prediction_has_a_row_for_every_document(make_loaded: Make) -> None:
    model = classifier(make_loaded)
    tokens_BT, lengths_B = padded(0)
    classes_B = torch.tensor([2, 0, 1])
    result = model.predict(Example(tokens_BT, classes_B, lengths_B), model.start_state(3))
    assert result.logits_NC.shape == (3, 3)
    assert torch.equal(result.targets_N, classes_B)
    whole = model.predict(Example(tokens_BT, classes_B, None), model.start_state(3))
    # Exact: the same operations on the same tensors.
    assert torch.equal(whole.logits_NC, model(tokens_BT, torch.full((3,), 7)))


def test_dropout_of_tokens_zeroes_whole_vectors_and_keeps_the_mean(make_loaded: Make) -> None:
    model: TextModel = classifier(make_loaded, token_dropout=0.3, embedding=4).train()
    tokens_BT = torch.full((40, 50), 3)
    x_BTE = model.embed(tokens_BT, torch.Generator().manual_seed(1))
    plain_E = model.eval().embed(torch.tensor([3]))[0]
    is_dropped_BT = (x_BTE == 0).all(dim=2)
    # 2,000 draws: five standard deviations of the fraction are 0.052.
    assert abs(is_dropped_BT.double().mean().item() - 0.3) < 0.052
    assert_close(x_BTE[~is_dropped_BT][0].detach(), (plain_E / 0.7).detach(), terms=1)


# Predictions for texts


@pytest.mark.parametrize(
    "settings",
    [
        {"bidirectional": True},
        {"tied": True, "embedding": 7, "hidden": 6},
        {"tied": True, "embedding": 7, "hidden": 7, "task": "classify"},
    ],
)
def test_settings_for_other_models_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        RunConfig.from_values({"corpus": "none", **settings})
