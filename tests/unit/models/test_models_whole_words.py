"""A model of words writes only what is read again as it was written."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch

from rnnlab import registry
from rnnlab.config import RunConfig
from rnnlab.corpora import Vocabulary
from rnnlab.corpora._tokens import EOS, UNK
from rnnlab.decoding import parse_spec
from rnnlab.errors import BadInputError
from rnnlab.models import LoadedModel, build_model, continue_texts, score_text
from rnnlab.models._whole_words import CHAIN, WholeWords
from rnnlab.runs.prompts import Answer

WORDS = (" the", "the", "'", "t", " don't", "don", " don", " ", "\n", "foot", "ball", ".", " '")
CASES = [(task, has_unk) for task in ("stream", "sentences") for has_unk in (True, False)]


def word_model(
    task: str = "stream", has_unk: bool = True, words: tuple[str, ...] = WORDS, **settings: Any
) -> LoadedModel:
    values = {"corpus": "none", "hidden": 7, "embedding": 5, "tokens": "words", **settings}
    config = RunConfig.from_values({**values, "task": task})
    specials = [EOS] * (task == "sentences") + [UNK] * has_unk
    vocabulary = Vocabulary((*specials, *words), "words")
    model = build_model(config, vocabulary).eval()
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-1.2, 1.2, generator=random)
    return LoadedModel(model, vocabulary, config, 0, "run")


def answers(loaded: LoadedModel, prompt: str, spec: str, num: int | None = None) -> list[Answer]:
    *_, last = continue_texts(loaded, [prompt], parse_spec(spec), 25, num)
    return last.answers()


def assert_scored_as_written(loaded: LoadedModel, answer: Answer) -> None:
    score = score_text(loaded, answer.text)
    num_read = len(loaded.vocabulary.split(answer.prompt))
    expected = score.token_logprobs[num_read:]
    tokens = score.tokens[num_read:]
    if answer.finished:
        assert score.eos_logprob is not None
        expected, tokens = [*expected, score.eos_logprob], [*tokens, EOS]
    assert tokens == answer.tokens
    assert answer.token_logprobs == pytest.approx(expected, abs=1e-5)
    assert answer.logprob == pytest.approx(math.fsum(expected), abs=1e-4)


@pytest.mark.parametrize("prompt", ["", "foot the", "the don'", " the\n"])
@pytest.mark.parametrize(("task", "has_unk"), CASES)
@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_scoring_a_text_of_words_gives_the_logprobs_it_was_written_with(
    decoder: str, task: str, has_unk: bool, prompt: str
) -> None:
    loaded = word_model(task, has_unk)
    budget = {"exact": ",budget=300"}.get(decoder, "")
    found = answers(loaded, prompt, f"{decoder}:temperature=1.5{budget}", num=4)
    assert found
    for answer in found:
        assert_scored_as_written(loaded, answer)


@pytest.mark.parametrize("cell", registry.names("cells"))
@pytest.mark.parametrize(("task", "has_unk"), CASES)
def test_it_holds_for_every_cell(cell: str, task: str, has_unk: bool) -> None:
    loaded = word_model(task, has_unk, cell=cell, dtype="float64")
    with torch.no_grad():  # a cell without a bound would be sure of everything
        for parameter in loaded.model.parameters():
            parameter.mul_(0.5)
    for answer in answers(loaded, "foot the", "sample", num=8):
        assert_scored_as_written(loaded, answer)


@pytest.mark.parametrize("has_unk", [True, False])
def test_without_it_words_grow_together(monkeypatch: pytest.MonkeyPatch, has_unk: bool) -> None:
    monkeypatch.setattr(WholeWords, "_is_apart", lambda *_: True)
    loaded = word_model(has_unk=has_unk)
    for answer in answers(loaded, "foot", "sample", num=8):
        assert loaded.vocabulary.split(answer.text)[1:] != answer.tokens
        with pytest.raises((AssertionError, BadInputError)):
            assert_scored_as_written(loaded, answer)


@pytest.mark.parametrize("has_unk", [True, False])
def test_exactly_the_tokens_that_stay_apart_are_left(has_unk: bool) -> None:
    words = ("foot", " foot", "'", " '", " ", "\n", ".", "<", "unk", ">", "t's", " a", "_")
    loaded = word_model(has_unk=has_unk, words=words)
    vocabulary = loaded.vocabulary
    guard = WholeWords(lambda *_: pytest.fail("no step"), vocabulary)
    for ids in itertools.product(range(len(vocabulary)), repeat=3):
        text = vocabulary.decode(ids)
        before = vocabulary.split(text)
        if vocabulary.unknown(before) or vocabulary.ids_of(before).tolist() != list(ids):
            continue
        mask = guard._mask(tuple(before))
        for token in range(len(vocabulary)):
            longer = [*ids, token]
            known = not vocabulary.unknown(split := vocabulary.split(vocabulary.decode(longer)))
            is_same = known and vocabulary.ids_of(split).tolist() == longer
            assert mask[token] == is_same, [vocabulary.tokens[i] for i in longer]


@pytest.mark.parametrize("prompt", ["the zzz", "zzz", "the foot zz'z", "the §", "the zzz'"])
def test_an_unknown_word_of_the_prompt_does_not_grow_either(prompt: str) -> None:
    loaded = word_model()
    found = answers(loaded, prompt, "sample", num=12)
    assert {answer.prompt for answer in found} == {prompt}
    for answer in found:
        assert_scored_as_written(loaded, answer)


def test_a_mark_that_would_be_composed_is_scored_as_written() -> None:
    loaded = word_model(has_unk=False, words=("ce", "\u0301"))
    (answer,) = answers(loaded, "ce", 'greedy:prefix="\u0301"')
    assert answer.text.startswith("ce\u0301")
    assert_scored_as_written(loaded, answer)


def test_spaces_at_the_end_of_a_prompt_belong_to_the_next_word() -> None:
    loaded = word_model()
    spaced, bare = (answers(loaded, text, "beam:k=4") for text in ("foot the  ", "foot the"))
    assert spaced == bare
    assert {answer.prompt for answer in spaced} == {"foot the"}


def test_the_chain_says_so_first(make_loaded: Any) -> None:
    (words,) = answers(word_model(), "the", "greedy:temperature=0.5")
    assert words.chain == [CHAIN, "temperature=0.5", "greedy"] == ["whole words", *words.chain[1:]]
    (letters,) = answers(make_loaded(), "a", "greedy:temperature=0.5")
    assert letters.chain == ["temperature=0.5", "greedy"]


def test_what_is_left_is_the_models_own() -> None:
    loaded = word_model()
    *_, last = continue_texts(loaded, ["foot"], parse_spec("greedy"), 1)
    (expansion,) = last.frame.expansions
    own = torch.from_numpy(loaded.vocabulary.encode("foot"))[None]
    own_V = loaded.language_model.read(own)[0][0, -1].numpy()
    left_V = expansion.log_probs_RV[0]
    is_left_V = left_V > -math.inf
    left = {loaded.vocabulary.tokens[i] for i in is_left_V.nonzero()[0]}
    # An unknown word is written with a space after a letter.
    assert left == {UNK, " the", "'", " don't", " don", " ", "\n", ".", " '"}
    assert left_V[is_left_V] == pytest.approx(own_V[is_left_V], abs=1e-6)
