"""Verdicts on texts: the same on both engines, and whatever texts are classified with them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.base.errors import BadInputError
from rnnlab.decoding import parse_spec
from rnnlab.inference import LoadedModel, classify_texts, continue_texts, score_text
from tests.toys.cases import case
from tests.toys.engines import in_torch
from tests.toys.numeric import assert_close
from tests.toys.steppers import NATIVE_CELLS, needs_native

Make = Callable[..., LoadedModel]


def assert_probabilities_close(result: Any, expected: Any) -> None:
    """Compare probabilities of logits in float32, as above."""
    assert_close(list(result), list(expected), terms=7 * 2 * 21, dtype=np.float32)


@needs_native
@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_both_engines_give_the_same_verdicts(make_loaded: Make, cell: str) -> None:
    texts = ["a very very fine film", "dull", "no film"]
    for pooling, bidirectional in product(("last", "mean", "max"), (False, True)):
        loaded = make_loaded(
            task="classify", cell=cell, pooling=pooling, bidirectional=bidirectional,
            residual=pooling == "max", layers=3 - bidirectional,
        )  # fmt: skip
        with torch.no_grad():
            for parameter in loaded.model.parameters():
                parameter.mul_(0.3)  # rectified units would grow without bound
        assert loaded.reader is not None
        found, expected = (classify_texts(one, texts) for one in (loaded, in_torch(loaded)))
        with case(pooling=pooling, bidirectional=bidirectional):
            for mine, other in zip(found, expected, strict=True):
                assert mine[2:] == other[2:]
                assert_probabilities_close(
                    mine.probabilities.values(), other.probabilities.values()
                )


def test_a_prediction_is_the_softmax_of_the_logits(make_loaded: Make) -> None:
    loaded = make_loaded(task="classify")
    first, second = classify_texts(loaded, ["A VERY fine, film!", "unheard dull"])
    assert list(first.probabilities) == ["bad", "fair", "good"]
    assert_probabilities_close([sum(first.probabilities.values())], [1.0])
    assert first.label == max(first.probabilities, key=lambda c: first.probabilities[c])
    assert (first.num_tokens, first.num_unknown) == (4, 0)
    assert (second.num_tokens, second.num_unknown) == (2, 1)
    ids = loaded.vocabulary.encode("a very fine film")
    logits_1C = loaded.classifier(torch.from_numpy(ids)[None], torch.tensor([4]))
    expected = torch.softmax(logits_1C, dim=1)[0].tolist()
    assert_probabilities_close(first.probabilities.values(), expected)


def test_a_prediction_does_not_depend_on_the_other_texts(make_loaded: Make) -> None:
    loaded = make_loaded(task="classify")
    texts = ["dull", "a very very fine film", "no"]
    together = classify_texts(loaded, texts, batch=2)
    for text, verdict in zip(texts, together, strict=True):
        [alone] = classify_texts(loaded, [text])
        assert_probabilities_close(alone.probabilities.values(), verdict.probabilities.values())


@pytest.mark.parametrize(("part", "kept"), [("head", "a very"), ("tail", "fine film")])
def test_a_long_text_is_truncated_like_the_training_documents(
    make_loaded: Make, part: str, kept: str
) -> None:
    loaded = make_loaded(task="classify", length=2, part=part)
    whole, short = classify_texts(loaded, ["a very fine film", kept])
    assert whole.num_tokens == 2
    assert_probabilities_close(whole.probabilities.values(), short.probabilities.values())


@pytest.mark.parametrize("text", ["", "   ", "...!?"])
def test_a_text_without_words_is_read_as_an_unknown_word(make_loaded: Make, text: str) -> None:
    [verdict] = classify_texts(make_loaded(task="classify"), [text])
    assert (verdict.num_tokens, verdict.num_unknown) == (1, 1)


def test_a_classifier_cannot_generate_and_a_language_model_cannot_classify(
    make_loaded: Make,
) -> None:
    loaded = make_loaded(task="classify")
    with pytest.raises(BadInputError, match="'run' is a classifier"):
        next(continue_texts(loaded, ["a"], parse_spec("greedy"), 3))
    with pytest.raises(BadInputError, match="'run' is a classifier"):
        score_text(loaded, "a")
    with pytest.raises(BadInputError, match="'run' is a language model"):
        classify_texts(make_loaded(), ["a"])
