"""Units ranked by a property of characters or words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from rnnlab.corpora import Vocabulary
from rnnlab.plots import Finding
from tests.toys.models import LETTERS, make_model
from tests.toys.numeric import assert_close

TEXT = "a bad cab. feed a dad.\nbabe fade a deaf bead.\n"


def test_neurons_of_a_model_of_words_are_ranked_by_numbers(look: Callable[..., Finding]) -> None:
    words = (" a", " Bed", " cab", "ab", " Dad", " fade", ".")
    letters = make_model(cell="rnn", layers=1, corpus="words")
    tokens = (*words, *(f" w{i}" for i in range(len(LETTERS) - len(words))))
    loaded = replace(letters, vocabulary=Vocabulary(tokens, "words"))
    for wish in (None, "capital", "word-start"):
        figures = look("neurons", loaded, property=wish).figures
        assert figures["property"] == (wish or "capital")
        scores = [one["score"] for one in figures["ranking"]]
        assert all(-1.0 <= score <= 1.0 for score in scores)
        assert max(map(abs, scores)) > 0.0


def test_the_sentence_counts_the_tokens_with_the_property(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    sentence = look("neurons", loaded, text="abcd abcd abc", property="d").says[0]
    assert sentence.endswith("; 2 of 13 characters have the property.")
    of_number = look("neurons", loaded, text="abcd abcd abc", property="line-position").says[0]
    assert " of 13 characters" not in of_number


def test_words_of_documents_are_separated(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="gru", task="classify")
    result = look("neurons", loaded, property="a")
    assert result.figures["tokens"]
    assert all(token[0] == " " for token in result.figures["tokens"])
    assert any("after every word" in picture.title for picture in result.pictures)


def test_a_neuron_constructed_for_a_letter_is_found(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1, one_hot=True)
    letter = loaded.vocabulary.tokens.index("d")
    with torch.no_grad():
        weight_ih = dict(loaded.model.named_parameters())["rnn.weight_ih_l0"]
        weight_ih[0] = -3.0
        weight_ih[0, letter] = 20.0
    result = look("neurons", loaded, text=TEXT, property="d").figures
    assert (result["unit"], result["ranking"][0]["unit"]) == ("l0.0", "l0.0")
    assert_close(result["ranking"][0]["score"], 1.0, terms=len(TEXT))
    places = [peak["place"] for peak in result["peaks"]]
    assert {TEXT[place] for place in places[:4]} == {"d"}
    assert len(result["values"]) == len(TEXT)
