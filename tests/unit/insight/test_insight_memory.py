"""Memory: the loss with less context, the effect of another token."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.insight import memory
from rnnlab.plots import Finding
from tests.toys.models import make_model, random_sample
from tests.toys.numeric import assert_close


def assert_losses_close(result: list[float], expected: list[float]) -> None:
    """Compare mean losses: of 64 windows of at most 128 tokens, each a sum of 7 + 7 products.

    The weights enlarge an error from step to step: hence 1,000 units in the last place.
    """
    assert_close(result, expected, terms=64 + 128 * 14, ulps=1000)


def test_a_sentence_reports_that_more_context_does_not_help() -> None:
    message = memory.sentences([1, 2, 9], [0.7, 0.69, 0.71], [0.1, 0.1, 0.1], 2)
    assert "of the improvement" not in message[0]
    assert "more context does not help" in message[0]
    rounded = memory.sentences([1, 2, 9], [0.7, 0.69, 0.7 - 1e-8], [0.1, 0.1, 0.1], 2)
    assert "more context does not help" in rounded[0]
    assert (
        "2 tokens give 95% of the improvement"
        in memory.sentences([1, 2], [0.7, 0.6], [0.1, 0.1], 2)[0]
    )


@pytest.mark.parametrize(
    ("effects", "sentence"),
    [
        ([1.0, 0.5, 0.2], "Replacing a token 9 steps back still has 20.0% of"),
        ([1.0, 0.001, 0.2], "replacing the last token (some nearer ones have less than 1%)."),
        ([1.0, 0.001, 0.002], "Replacing a token 2 or more steps back has less than 1% of"),
        ([1.0, 0.001, 0.2, 0.001], "Replacing a token 12 or more steps back has less than 1%"),
        ([0.0, 0.0, 0.0], "Replacing a token 9 steps back still has 0.0% of"),
    ],
)
def test_the_faint_effects_are_those_that_stay_faint(effects: list[float], sentence: str) -> None:
    distances = [1, 2, 9, 12][: len(effects)]
    assert sentence in memory.sentences(distances, [0.7] * len(effects), effects, 1)[1]


def test_memory_is_what_reading_less_and_reading_otherwise_costs() -> None:
    loaded = make_model(cell="lstm", layers=1)
    sample = random_sample(loaded, rows=5, length=9)
    model = loaded.language_model
    losses = memory.loss_by_context(model, sample, [1, 4, 9])
    for k, loss in zip((1, 4, 9), losses, strict=True):
        one_by_one = []
        for row, target in zip(sample.tokens_BT, sample.targets[:, -1], strict=True):
            state = model.start_state(1)
            for token in row[-k:]:
                log_probs_1V, state = model.step(state, token[None])
            one_by_one.append(-log_probs_1V[0, target].item())
        assert_losses_close([loss], [sum(one_by_one) / 5])
    effects = memory.effect_by_distance(model, sample, [1, 9])
    assert all(effect > 0 for effect in effects)
    # Exact: the same operations on the same tensors.
    assert memory.effect_by_distance(model, sample, [1, 9]) == effects


def test_a_net_that_forgets_all_has_a_memory_of_one_token(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.zero_()  # type: ignore[operator]
    figures = look("memory", loaded).figures
    assert figures["reach"] == 1
    losses, effects = figures["losses"], figures["effects"]
    assert_losses_close(losses, [losses[0]] * len(losses))
    assert_losses_close(effects[1:], [0.0] * len(effects[1:]))
