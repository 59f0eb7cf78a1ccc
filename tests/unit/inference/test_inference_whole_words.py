"""A word model generates only texts that tokenise into the generated tokens."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.base import registry
from rnnlab.corpora import EOS, UNK, Vocabulary
from rnnlab.decoding import Prompt, SearchStart, parse_spec
from rnnlab.inference import LoadedModel, continue_texts, score_text
from rnnlab.inference._whole_words import WholeWords
from rnnlab.models import build_model
from rnnlab.protocol.messages import Answer
from rnnlab.settings.run_config import RunConfig
from tests.toys.cases import case
from tests.toys.numeric import assert_close

WORDS = (" the", "the", "'", "t", " don't", "don", " don", " ", "\n", "foot", "ball", ".", " '")
CASES = [(task, has_unk) for task in ("stream", "sentences") for has_unk in (True, False)]
PROMPTS = ("", "foot the", "the don'", " the\n")


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
    # 25 tokens, each a sum of 7 + 7 products in each of two layers.
    terms, dtype = 25 * 2 * 14, np.dtype(loaded.config.dtype)
    assert_close(answer.token_logprobs, expected, terms=terms, dtype=dtype)
    assert_close(answer.logprob, math.fsum(expected), terms=terms, dtype=dtype)


@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_scoring_a_generated_text_gives_the_same_logprobs(decoder: str) -> None:
    budget = {"exact": ",budget=300"}.get(decoder, "")
    place = registry.names("decoding").index(decoder)
    for number, (task, has_unk) in enumerate(CASES):
        # Each kind of model with each prompt and some decoders, each decoder with all prompts.
        prompt = PROMPTS[(number + place) % len(PROMPTS)]
        loaded = word_model(task, has_unk)
        with case(task=task, has_unk=has_unk, prompt=prompt):
            result = answers(loaded, prompt, f"{decoder}:temperature=1.5{budget}", num=4)
            assert result
            for answer in result:
                assert_scored_as_written(loaded, answer)


@pytest.mark.parametrize("cell", registry.names("cells"))
def test_it_holds_for_every_cell(cell: str) -> None:
    for task, has_unk in CASES:
        loaded = word_model(task, has_unk, cell=cell, dtype="float64")
        with torch.no_grad():  # an unbounded cell would predict with certainty
            for parameter in loaded.model.parameters():
                parameter.mul_(0.5)
        with case(task=task, has_unk=has_unk):
            for answer in answers(loaded, "foot the", "sample", num=8):
                assert_scored_as_written(loaded, answer)


def test_without_it_words_merge() -> None:
    """Samples of the model's own distribution mostly tokenise into other words."""
    loaded = word_model(has_unk=False)
    model, vocabulary = loaded.language_model, loaded.vocabulary
    random = torch.Generator().manual_seed(1)
    num_grown = 0
    for _ in range(16):
        ids = vocabulary.encode("foot").tolist()
        log_probs_1TV, state = model.read(torch.tensor([ids]))
        log_probs_1V = log_probs_1TV[:, -1]
        for _ in range(25):
            token_1 = torch.multinomial(log_probs_1V.exp()[0], 1, generator=random)
            ids.append(int(token_1))
            log_probs_1V, state = model.step(state, token_1)
        num_grown += not is_read_as_written(vocabulary, ids, vocabulary.decode(ids))
    assert num_grown > 8


def apart(vocabulary: Vocabulary, texts: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which tokens [text, V] may follow each text."""
    guard = WholeWords(lambda *_: pytest.fail("no step"), vocabulary)
    prompts = [Prompt([], None) for _ in texts]
    zeros_PV = np.zeros((len(texts), len(vocabulary)), np.float32)
    start = SearchStart(zeros_PV, None, None, prompts, vocabulary.pieces, None)
    return np.isfinite(guard.begin(start, texts).log_probs_PV)


@pytest.mark.parametrize("has_unk", [True, False])
def test_exactly_the_tokens_that_do_not_merge_remain(has_unk: bool) -> None:
    words = ("foot", " foot", "'", " '", " ", "\n", ".", "<", "unk", ">", "t's", " a", "_")
    vocabulary = word_model(has_unk=has_unk, words=words).vocabulary
    tokens = range(len(vocabulary))
    # All pairs, and every eleventh of the thousands of triples (11 is prime to their number).
    triples = itertools.islice(itertools.product(tokens, repeat=3), 0, None, 11)
    written = [
        (ids, text)
        for ids in (*itertools.product(tokens, repeat=2), *triples)
        if is_read_as_written(vocabulary, ids, text := vocabulary.decode(ids))
    ]
    assert len(written) > 100
    masks = apart(vocabulary, [text for _, text in written])
    for (ids, _), mask_V in zip(written, masks, strict=True):
        for token in tokens:
            longer = [*ids, token]
            is_same = is_read_as_written(vocabulary, longer, vocabulary.decode(longer))
            assert mask_V[token] == is_same, [vocabulary.tokens[i] for i in longer]


def is_read_as_written(vocabulary: Vocabulary, ids: Sequence[int], text: str) -> bool:
    pieces = vocabulary.split(text)
    return not vocabulary.unknown(pieces) and vocabulary.ids_of(pieces).tolist() == list(ids)


@pytest.mark.parametrize("prompt", ["the zzz", "zzz", "the foot zz'z", "the §", "the zzz'"])
def test_an_unknown_word_of_the_prompt_does_not_merge_either(prompt: str) -> None:
    loaded = word_model()
    result = answers(loaded, prompt, "sample", num=12)
    assert {answer.prompt for answer in result} == {prompt}
    for answer in result:
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


def test_the_chain_names_it_first(make_loaded: Any) -> None:
    (words,) = answers(word_model(), "the", "greedy:temperature=0.5")
    assert words.chain == ["whole words", "no <unk>", "temperature=0.5", "greedy"]
    (letters,) = answers(make_loaded(), "a", "greedy:temperature=0.5")
    assert letters.chain == ["temperature=0.5", "greedy"]


def test_the_remaining_log_probs_are_the_models_own() -> None:
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
    assert_close(left_V[is_left_V], own_V[is_left_V], terms=2 * 14)
