"""Two models on one text: the divergence of their distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnlab.base.errors import BadInputError
from rnnlab.plots import Finding, ShadedText
from tests.toys.models import make_model
from tests.toys.numeric import assert_close

TEXT = "a bad cab. feed a dad.\nbabe fade a deaf bead.\n"


def assert_logprobs_close(result: float, expected: float) -> None:
    """Compare log-probs: a sum of 7 + 7 products for every token.

    The weights enlarge an error from step to step: hence 1,000 units in the last place.
    """
    assert_close(result, expected, terms=len(TEXT) * 14, ulps=1000)


def test_a_difference_is_the_divergence_of_two_distributions(look: Callable[..., Finding]) -> None:
    one, other = make_model(cell="gru", layers=1), make_model(cell="lstm", layers=1)
    text = TEXT
    result = look("difference", one, other=other, text=text).figures
    ids = torch.tensor([[one.vocabulary.tokens.index(letter) for letter in text]])
    p, q = (m.language_model.read(ids)[0][0, :-1] for m in (one, other))
    for place in (0, 7, len(text) - 1):
        kl = functional.kl_div(q[place], p[place], reduction="sum", log_target=True).item()
        assert_logprobs_close(result["kl"][place], kl)
        target = ids[0, place]
        assert_logprobs_close(result["logprobs"][0][place], p[place, target].item())
        assert_logprobs_close(result["logprobs"][1][place], q[place, target].item())
    losses = [model["loss_nats"] for model in result["models"]]
    assert_logprobs_close(losses[0], -np.mean(result["logprobs"][0]))
    shaded = look("difference", one, other=other, text=text).pictures[0]
    assert isinstance(shaded, ShadedText)
    assert shaded.high.split(" by ")[1].split()[0] == shaded.low.split(" by ")[1]
    same = look("difference", one, other=one, text=text)
    assert_logprobs_close(same.figures["mean_kl"], 0.0)
    assert "the same loss" in same.says[0]


@pytest.mark.parametrize("kind", ["chars", "words"])
def test_the_unit_is_a_character_or_a_word(
    look: Callable[..., Finding], kind: Literal["chars", "words"]
) -> None:
    one, other = (
        replace(model, vocabulary=replace(model.vocabulary, kind=kind))
        for model in (make_model(cell="gru"), make_model(cell="lstm"))
    )
    noun = "character" if kind == "chars" else "word"
    for result in (look("difference", one, other=other), look("difference", one, other=one)):
        assert f" nats per {noun}" in result.says[0]


def test_models_with_different_vocabularies_are_not_compared(look: Callable[..., Finding]) -> None:
    one, other = make_model(), make_model(task="sentences")
    with pytest.raises(BadInputError, match="different vocabularies"):
        look("difference", one, other=other, text="abcdef")
