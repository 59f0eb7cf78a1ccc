"""A prompt or prefix may end within a word, and <unk> is only written on request."""

from __future__ import annotations

import math

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.corpora import UNK, Vocabulary
from rnnlab.decoding import parse_spec
from rnnlab.inference import (
    LoadedModel,
    begin_text,
    check_prefix,
    continue_texts,
    distributions_of,
    score_text,
)
from rnnlab.protocol.messages import Answer
from tests.toys.cases import case
from tests.unit.inference.test_inference_whole_words import word_model

WORDS = ("The", " the", " cat", " cats", " cave", " dog", ".", "\n")


def words(task: str = "sentences") -> LoadedModel:
    return word_model(task, words=WORDS)


def answers(prompt: str, spec: str, num: int | None = None) -> list[Answer]:
    *_, last = continue_texts(words(), [prompt], parse_spec(spec), 12, num)
    return last.answers()


def test_a_prompt_that_ends_within_a_word_is_continued_with_this_word() -> None:
    prompt = begin_text(words().vocabulary, "The ca")
    assert prompt.text == "The"
    assert prompt.unfinished == " ca"
    assert "' ca'" in prompt.note
    for decoder in ("greedy", "sample", "beam:k=3", "exact:budget=200"):
        with case(decoder=decoder):
            for answer in answers("The ca", decoder):
                assert answer.tokens[0] in (" cat", " cats", " cave")
                assert answer.text == f"The{answer.continuation}"


@pytest.mark.parametrize(
    ("text", "read"),
    [("The cat", "The cat"), ("The ca ", "The ca"), ("The xy", "The xy"), ("The cat.", "The cat.")],
)
def test_a_known_word_a_closed_word_and_an_unknown_word_stay_in_the_prompt(
    text: str, read: str
) -> None:
    prompt = begin_text(words().vocabulary, text)
    assert (prompt.text, prompt.unfinished) == (read, "")


def test_an_explicit_treatment_of_unknown_words_is_kept() -> None:
    prompt = begin_text(words().vocabulary, "The ca", "unk")
    assert (prompt.text, prompt.unfinished) == ("The ca", "")


def test_a_prefix_gets_the_space_that_separates_it_from_the_prompt() -> None:
    for spec in ("greedy:prefix=ca", 'greedy:prefix=" ca"'):
        with case(spec=spec):
            [answer] = answers("The", spec)
            assert answer.continuation.startswith(" ca")
    [first] = answers("", "greedy:prefix=Th")
    assert first.text.startswith("The")


def test_a_prefix_that_no_word_begins_with_is_an_error() -> None:
    with pytest.raises(BadInputError, match="no word of the model begins with 'xy'"):
        answers("The", "greedy:prefix=xy")
    with pytest.raises(BadInputError, match="prefix: the model never saw 'z'"):
        check_prefix(Vocabulary.count("abc"), parse_spec("greedy:prefix=az"))
    check_prefix(Vocabulary.count("abc"), parse_spec("greedy:prefix=ab"))


def test_no_decoder_writes_unknown_words_unless_requested() -> None:
    num_written = 0
    for decoder in registry.names("decoding"):
        budget = ",budget=100" if decoder == "exact" else ""
        with case(decoder=decoder):
            spec = f"{decoder}:temperature=1.5{budget}"
            for answer in answers("The", spec, 4):
                assert UNK not in answer.tokens
                assert f"no {UNK}" in answer.chain
            for answer in answers("The", f"{spec},unk=write", 4):
                num_written += answer.tokens.count(UNK)
                assert f"no {UNK}" not in answer.chain
    assert num_written > 0


def test_the_logprobs_stay_those_of_the_model() -> None:
    loaded = words()
    [answer] = answers("The", "greedy")
    expected = score_text(loaded, answer.text).token_logprobs[1:]
    assert answer.token_logprobs[: len(expected)] == pytest.approx(expected, abs=1e-5)
    assert answer.score > answer.logprob  # of the distribution without <unk>, renormalised


def test_a_distribution_shows_that_unknown_words_are_dropped() -> None:
    row = distributions_of(words(), "The", [], parse_spec("greedy")).rows[-1]
    [unknown] = [token for token in row.tokens if token.token == UNK]
    assert unknown.logprob > -math.inf
    assert (unknown.filtered_logprob, unknown.fate) == (None, "dropped by unk=ban")
