"""A model continues texts and scores them, and the two agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from rnnlab.base import registry
from rnnlab.base.display import named
from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Vocabulary
from rnnlab.decoding import parse_spec
from rnnlab.inference import GenerationStep, LoadedModel, continue_texts, score_text
from rnnlab.inference._generate import parting
from rnnlab.protocol.messages import Answer
from tests.toys.cases import case
from tests.toys.numeric import assert_close

Make = Callable[..., LoadedModel]
TASKS = [task for task in registry.names("corpora/tasks") if task != "classify"]


def answers(
    loaded: LoadedModel,
    prompt: str,
    spec: str,
    length: int = 12,
    num: int | None = None,
    seed: int = 1,
) -> list[Answer]:
    *_, last = continue_texts(loaded, [prompt], parse_spec(spec), length, num, seed)
    return last.answers()


def assert_logprobs_close(
    found: float | list[float], expected: float | list[float], dtype: str = "float32"
) -> None:
    """Compare log-probs: some 20 tokens, each a sum of 7 + 7 products in each of two layers."""
    assert_close(found, expected, terms=20 * 2 * 14, dtype=np.dtype(dtype))


@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_scoring_a_text_gives_the_logprobs_it_was_written_with(
    make_loaded: Make, decoder: str
) -> None:
    for task, prompt in product(TASKS, ("", "abé d")):
        loaded = make_loaded(task=task)
        before = score_text(loaded, prompt)
        # Without a bound the exact search takes thousands of steps.
        budget = ",budget=300" if decoder == "exact" else ""
        found = answers(loaded, prompt, f"{decoder}:temperature=0.7{budget}", num=4)
        assert found
        for answer in found:
            score = score_text(loaded, answer.text)
            expected = score.token_logprobs[len(prompt) :]
            if answer.finished:
                assert score.eos_logprob is not None
                expected = [*expected, score.eos_logprob]
            with case(task=task, prompt=prompt, text=answer.text):
                assert_logprobs_close(answer.token_logprobs, expected)
                assert_logprobs_close(answer.logprob, math.fsum(expected))
                assert_logprobs_close(score.token_logprobs[: len(prompt)], before.token_logprobs)


def test_an_answer_says_why_it_ends(make_loaded: Make) -> None:
    loaded = make_loaded(task="sentences")
    found = answers(loaded, "ab", "beam:k=6", length=5)
    assert {answer.end for answer in found} == {"eos", "length"}
    assert all((answer.end == "eos") == answer.finished for answer in found)
    (stopped,) = answers(loaded, "ab", 'greedy:stop="a|b|c|d|é| "')
    assert (stopped.end, len(stopped.tokens)) == ("stop", 1)
    (timed,) = answers(loaded, "ab", "greedy:max_time=1e-9,eos=ban")
    assert (timed.end, len(timed.tokens)) == ("time", 1)
    (stuck,) = answers(loaded, "ab", "greedy:no_repeat=1,eos=ban")
    assert (stuck.end, len(stuck.tokens)) == ("stuck", 4)
    (limited,) = answers(loaded, "ab", "greedy:eos=ban,max_length=3", length=9)
    assert (limited.end, len(limited.tokens)) == ("length", 3)
    first, *_ = continue_texts(loaded, ["ab"], parse_spec("greedy:eos=ban"), 5)
    assert first.answers()[0].end is None


def test_a_stuck_text_is_stuck_in_company_too(make_loaded: Make) -> None:
    prompts = ["abcd", "", "aaaa"]
    *_, last = continue_texts(make_loaded(), prompts, parse_spec("greedy:no_repeat=1"), 4)
    ends = [(answer.end, len(answer.tokens)) for answer in last.answers()]
    assert ends == [("stuck", 2), ("length", 4), ("length", 4)]


def test_an_answer_says_where_it_leaves_the_best(make_loaded: Make) -> None:
    loaded = make_loaded(task="sentences")
    best, *others = answers(loaded, "ab", "beam:k=8", length=6)
    assert best.parts_at is None
    for answer in others:
        place = answer.parts_at
        assert place is not None
        assert answer.tokens[:place] == best.tokens[:place]
        assert answer.tokens[place : place + 1] != best.tokens[place : place + 1]
    same = answers(loaded, "ab", "sample:top_k=1", num=2)
    assert [answer.parts_at for answer in same] == [None, None]


@pytest.mark.parametrize(
    ("best", "tokens", "place"),
    [([1, 2], [1, 3], 1), ([1, 2], [2], 0), ([1], [1, 2], 1), ([1, 2], [1], 1), ([1], [1], None)],
)
def test_texts_part_at_the_first_token_that_differs_or_is_missing(
    best: list[int], tokens: list[int], place: int | None
) -> None:
    assert parting(best, tokens) == place


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_scores_agree_for_every_cell(make_loaded: Make, cell: str) -> None:
    for task in TASKS:
        loaded = make_loaded(task=task, cell=cell, dtype="float64")
        for answer in answers(loaded, "ba", "beam:k=3"):
            score = score_text(loaded, answer.text)
            expected = math.fsum(score.token_logprobs[2:])
            if answer.finished:
                expected += score.eos_logprob or 0.0
            with case(task=task, text=answer.text):
                assert_logprobs_close(answer.logprob, expected, "float64")


def test_the_fields_of_an_answer_agree(make_loaded: Make) -> None:
    loaded = make_loaded(task="sentences")
    found = answers(loaded, "ab", "beam:k=6", length=5)
    assert [answer.rank for answer in found] == list(range(1, 7))
    assert [answer.score for answer in found] == sorted((a.score for a in found), reverse=True)
    assert any(answer.finished for answer in found)
    assert not all(answer.finished for answer in found)
    for answer in found:
        assert answer.text == "ab" + answer.continuation
        letters = answer.tokens[:-1] if answer.finished else answer.tokens
        assert "".join(letters) == answer.continuation
        assert (answer.tokens[-1] == "<eos>") == answer.finished
        assert len(answer.tokens) == len(answer.token_logprobs) <= 5
        assert (answer.decoder, answer.chain[0]) == ("beam:k=6", "beam k=6")


def test_num_is_samples_of_a_random_decoder_and_the_best_of_a_search(make_loaded: Make) -> None:
    loaded = make_loaded()
    assert len(answers(loaded, "a", "sample")) == 1
    assert len(answers(loaded, "a", "sample", num=3)) == 3
    assert len(answers(loaded, "a", "greedy", num=3)) == 1
    everyone = answers(loaded, "a", "beam:k=5")
    assert len(everyone) == 5
    assert answers(loaded, "a", "beam:k=5", num=2) == everyone[:2]


def test_a_sample_does_not_depend_on_the_samples_beside_it(make_loaded: Make) -> None:
    # In float64, where no rounding of another batch size changes a sample.
    loaded = make_loaded(task="sentences", dtype="float64")
    few, many = (answers(loaded, "a", "sample", num=num, seed=7) for num in (2, 6))
    assert [a.tokens for a in few] == [a.tokens for a in many[:2]]
    assert len({a.text for a in many}) > 1


def test_the_seed_decides_what_a_random_decoder_writes(make_loaded: Make) -> None:
    loaded = make_loaded()
    texts = [answers(loaded, "a", "sample", seed=seed)[0].text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_frames_grow_one_token_at_a_time_and_the_last_is_flagged(make_loaded: Make) -> None:
    loaded = make_loaded()
    growths = list(continue_texts(loaded, ["a"], parse_spec("beam:k=2"), 4))
    assert [growth.is_last for growth in growths] == [False, False, False, True]
    assert [len(growth.answers()[0].tokens) for growth in growths] == [1, 2, 3, 4]
    assert all(isinstance(growth, GenerationStep) for growth in growths)


def test_prompts_are_read_as_the_corpora_are(make_loaded: Make) -> None:
    loaded = make_loaded()
    decomposed, composed = "de\u0301", "d\u00e9"
    assert answers(loaded, decomposed, "greedy") == answers(loaded, composed, "greedy")
    assert score_text(loaded, decomposed) == score_text(loaded, composed)
    assert score_text(loaded, decomposed).tokens == ["d", "é"]
    with pytest.raises(BadInputError) as caught:
        score_text(loaded, "a\r\nb")
    assert repr("\r") not in str(caught.value)


@pytest.mark.parametrize("text", ["aXb", "a\nb", "<eos>", "日", "\udc80", "a\0"])
def test_letters_that_the_model_never_saw_are_named(make_loaded: Make, text: str) -> None:
    loaded = make_loaded(task="sentences")
    unknown = next(letter for letter in text if letter not in "abcdé ")
    for use in (
        lambda: score_text(loaded, text),
        lambda: list(continue_texts(loaded, [text], parse_spec("greedy"), 3)),
    ):
        with pytest.raises(BadInputError) as caught:
            use()
        assert f"never saw {named(unknown)}" in str(caught.value)
        assert str(caught.value).isprintable()


def test_of_many_unknown_letters_a_few_are_named(make_loaded: Make) -> None:
    with pytest.raises(BadInputError, match="'z', 'y', 'x', 'w', 'v' and 3 more"):
        score_text(make_loaded(), "zyxwvuts zz")


def test_a_score_is_summed_in_nats_and_bits(make_loaded: Make) -> None:
    score = score_text(make_loaded(), "abba")
    assert score.tokens == list("abba")
    assert_close(score.logprob, math.fsum(score.token_logprobs), terms=4)
    assert_close(score.loss_nats, -score.logprob / 4, terms=1)
    assert_close(score.bits_per_char, score.loss_nats / math.log(2), terms=1)
    assert score.eos_logprob is None


def test_no_text_has_no_loss(make_loaded: Make) -> None:
    score = score_text(make_loaded(), "")
    assert (score.tokens, score.logprob, score.loss_nats) == ([], 0.0, 0.0)


def with_tokens(known: LoadedModel, tokens: tuple[str, ...]) -> LoadedModel:
    return LoadedModel(known.model, Vocabulary(tokens), known.config, known.step, known.name)


def test_a_written_letter_and_mark_that_nfc_would_join_are_scored_as_written(
    make_loaded: Make,
) -> None:
    known = make_loaded()
    loaded = with_tokens(known, ("e", "x", "\u0302", "c", "d", "\u00ea"))
    scored = score_text(loaded, "xe\u0302")
    assert scored.tokens == ["x", "e", "\u0302"]
    joined = with_tokens(known, tuple("exabc\u00ea"))
    assert score_text(joined, "xe\u0302").tokens == ["x", "\u00ea"]
