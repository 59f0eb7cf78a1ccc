"""A text of the user: its score, and the model after reading it."""

from __future__ import annotations

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.dynamic import DynamicSettings, Learner, adapt_to_text, score_dynamic
from rnnlab.inference import score_text
from tests.toys.learning import make_reader, splits_of
from tests.toys.numeric import assert_close

TEXT = "abc dab cab a dad cab ab " * 4
STILL = DynamicSettings(0.0, 0.0, 8)
LEARNS = DynamicSettings(0.003, 0.01, 8)


@pytest.mark.parametrize("task", ["stream", "sentences"])
@pytest.mark.parametrize("text", ["", "a", "abc dab ", TEXT])
def test_without_a_rate_the_score_is_that_of_fixed_weights(task: str, text: str) -> None:
    loaded = make_reader(task=task, cell="lstm")
    fixed = score_text(loaded, text)
    with Learner(loaded, splits_of(loaded)["train"], 8) as learner:
        still = score_dynamic(loaded, learner, text, STILL)
    assert (still.tokens, still.num_letters) == (fixed.tokens, fixed.num_letters)
    assert_close(still.token_logprobs, fixed.token_logprobs, terms=200, dtype=np.float32)
    assert (still.eos_logprob is None) == (fixed.eos_logprob is None) == (task == "stream")
    if still.eos_logprob is not None and fixed.eos_logprob is not None:
        assert_close(still.eos_logprob, fixed.eos_logprob, terms=200, dtype=np.float32)


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_learning_raises_the_score_of_what_comes_later(task: str) -> None:
    loaded = make_reader(task=task, cell="lstm")
    seen: list[tuple[int, int]] = []
    with Learner(loaded, splits_of(loaded)["train"], 8) as learner:
        fixed = score_text(loaded, TEXT).token_logprobs
        learning = score_dynamic(loaded, learner, TEXT, LEARNS, lambda *at: seen.append(at))
    first = 9 if task == "stream" else 8  # the first token of a stream is in no piece
    assert_close(learning.token_logprobs[:first], fixed[:first], terms=200, dtype=np.float32)
    assert sum(learning.token_logprobs[50:]) > sum(fixed[50:]) + 5
    assert seen[-1][1] == len(TEXT)


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_after_a_text_the_model_expects_more_of_it(task: str) -> None:
    loaded = make_reader(task=task, cell="lstm")
    before = score_text(loaded, TEXT).logprob
    with Learner(loaded, splits_of(loaded)["train"], 8) as learner:
        adapted = adapt_to_text(loaded, learner, loaded.vocabulary.encode(TEXT), LEARNS)
        assert score_text(adapted, TEXT).logprob > before + 5
        short = adapt_to_text(loaded, learner, loaded.vocabulary.encode("a"), LEARNS)
        if task == "stream":  # one token predicts nothing, and the text before it is forgotten
            assert score_text(short, TEXT).logprob == pytest.approx(before, rel=1e-5)
    assert score_text(loaded, TEXT).logprob == before


def test_unknown_characters_are_refused() -> None:
    loaded = make_reader(cell="lstm")
    with Learner(loaded, None, 8) as learner, pytest.raises(BadInputError, match="never saw 'X'"):
        score_dynamic(loaded, learner, "X", STILL)
