"""What a model expects at every place of a text: the same numbers as scoring it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from rnnlab.corpora import EOS, UnknownTokensError
from rnnlab.decoding import parse_spec
from rnnlab.inference import LoadedModel, continue_texts, distributions_of, score_text
from tests.toys.models import count_steps
from tests.toys.numeric import assert_close

Make = Callable[..., LoadedModel]
PLAIN = parse_spec("sample")


def assert_logprobs_close(found: ArrayLike, expected: ArrayLike) -> None:
    """Compare log-probs in float32: 20 tokens, each a sum of 7 + 7 products in each of 2 layers."""
    assert_close(found, expected, terms=20 * 2 * 14, dtype=np.float32)


def test_every_letter_has_the_log_prob_that_scoring_gives_it(make_loaded: Make) -> None:
    loaded = make_loaded(task="sentences")
    found = distributions_of(loaded, "abé", list("dcab"), PLAIN)
    assert found.tokens == list("abédcab")
    assert (found.num_prompt, found.first_place, len(found.rows)) == (3, 0, 8)
    score = score_text(loaded, "abédcab")
    shown = [
        next(token.logprob for token in row.tokens if token.token == letter)
        for row, letter in zip(found.rows, found.tokens, strict=False)
    ]
    assert_logprobs_close(shown, score.token_logprobs)
    at_the_end = {token.token: token.logprob for token in found.rows[-1].tokens}
    assert score.eos_logprob is not None
    assert_logprobs_close(at_the_end[EOS], score.eos_logprob)


def test_filters_apply_after_the_prompt_and_name_what_they_drop(make_loaded: Make) -> None:
    loaded = make_loaded()
    found = distributions_of(loaded, "ab", list("cd"), parse_spec("sample:top_k=2,ban=a"))
    for row in found.rows[:2]:
        assert row.num_left == len(loaded.vocabulary)
        assert_logprobs_close(row.entropy_nats, row.filtered_entropy_nats)
    for row in found.rows[2:]:
        assert row.num_left == 2
        assert row.filtered_entropy_nats < row.entropy_nats
        fates = {token.token: token.fate for token in row.tokens}
        assert fates["a"] == "dropped by ban"
        assert sorted(fates.values()).count("dropped by top-k") == len(loaded.vocabulary) - 3
    assert found.chain == ["ban=a", "top-k=2", "sample"]


def test_a_letter_that_the_filters_drop_can_be_looked_at(make_loaded: Make) -> None:
    found = distributions_of(make_loaded(), "", list("aab"), parse_spec("sample:ban=a"))
    assert len(found.rows) == 4
    taken = next(token for token in found.rows[0].tokens if token.token == "a")
    assert (taken.filtered_logprob, taken.fate) == (None, "dropped by ban")


def test_an_answer_is_expected_as_its_search_found_it(make_loaded: Make) -> None:
    loaded = make_loaded(task="sentences")
    *_, last = continue_texts(loaded, ["ab"], parse_spec("beam:k=3"), 12)
    for answer in last.answers():
        found = distributions_of(loaded, "ab", answer.tokens, PLAIN)
        shown = [
            next(t.logprob for t in row.tokens if t.token == token)
            for row, token in zip(found.rows[2:], answer.tokens, strict=False)
        ]
        assert_logprobs_close(shown, answer.token_logprobs)
        assert len(found.rows) == len(found.tokens) + (not answer.finished)


def test_of_a_long_prompt_the_end_is_looked_at(make_loaded: Make) -> None:
    loaded = make_loaded()
    whole = distributions_of(loaded, "abcd" * 5, [], PLAIN)
    part = distributions_of(loaded, "abcd" * 5, [], PLAIN, max_places=6)
    assert (part.first_place, len(part.rows)) == (14, 7)
    entropies, expected = ([row.entropy_nats for row in looked.rows] for looked in (part, whole))
    assert_logprobs_close(entropies, expected[14:])
    only_the_next = distributions_of(loaded, "abcd" * 5, [], PLAIN, max_places=0)
    assert (only_the_next.first_place, len(only_the_next.rows)) == (20, 1)
    assert_logprobs_close(only_the_next.rows[0].entropy_nats, expected[-1])


@pytest.mark.parametrize("max_places", [0, 6, 100])
def test_every_token_of_the_text_is_read_once(
    make_loaded: Make, monkeypatch: pytest.MonkeyPatch, max_places: int
) -> None:
    loaded = make_loaded(dtype="float64")
    steps = count_steps(loaded.model, monkeypatch)
    distributions_of(loaded, "abcd" * 5, list("dcab"), PLAIN, max_places=max_places)
    assert len(steps) == 24


def test_a_limit_of_the_decoder_does_not_end_the_text(make_loaded: Make) -> None:
    spec = parse_spec("sample:stop=a,max_length=1,max_time=0.000001")
    assert len(distributions_of(make_loaded(), "", list("abca"), spec).rows) == 5


def test_where_the_filters_leave_nothing_no_row_follows(make_loaded: Make) -> None:
    found = distributions_of(make_loaded(), "", list("ab"), parse_spec("sample:prefix=ab,ban=b"))
    assert len(found.rows) == 1


def test_what_the_model_never_saw_is_refused_or_read_as_the_nearest(make_loaded: Make) -> None:
    with pytest.raises(UnknownTokensError, match="Ω"):
        distributions_of(make_loaded(), "aΩ", [], PLAIN)
    with pytest.raises(UnknownTokensError, match="x"):
        distributions_of(make_loaded(), "a", ["x"], PLAIN)
    found = distributions_of(make_loaded(), "äΩ", [], PLAIN, unknown="nearest")
    assert found.tokens == ["a"]
    assert "left out 'Ω'" in found.prompt_note
