"""The filters that depend on the text, on small texts.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from rnnlab.base import registry
from rnnlab.decoding import (
    Ids,
    LogProbs,
    Prompt,
    Rows,
    SearchStart,
    empty_hypothesis,
    parse_spec,
)  # fmt: skip
from tests.toys.numeric import assert_close

LETTERS = ("", *"abehnt \n")
WORDS = ("", "the", " the", "th", "e", " ", " cat", "s", " sat", ".")
EOS = 0


def ids(text: str, pieces: Sequence[str]) -> list[int]:
    """Split a text at /, or into characters if there is none: "th/e" is two tokens."""
    parts = text.split("/") if "/" in text else list(text)
    return [pieces.index(part) for part in parts if part]


def rows_of(
    pieces: Sequence[str],
    *pasts: tuple[str, str],
    eos: int | None = EOS,
    last: int = 64,
) -> Rows:
    """Rows, each with its prompt and continuation."""
    hypotheses = []
    for number, (_, written) in enumerate(pasts):
        hypothesis = empty_hypothesis(number)
        for token in ids(written, pieces):
            hypothesis = hypothesis.extended(token, -1.0, -1.0, None)
        hypotheses.append(hypothesis)
    prompts = [Prompt(ids(prompt, pieces)) for prompt, _ in pasts]
    start = SearchStart(np.empty((len(pasts), len(pieces))), None, eos, prompts, pieces)
    return Rows(hypotheses, start, last)


def uniform(rows: Rows) -> LogProbs:
    num = len(rows.start.pieces)
    return np.full((len(rows), num), -math.log(num))


def applied(name: str, value: Any, rows: Rows) -> LogProbs:
    found: LogProbs = registry.load("decoding/filters", name).apply(uniform(rows), value, rows)
    return found


def kept(name: str, value: Any, rows: Rows, row: int = 0) -> set[str]:
    """Return the pieces that can still come; EOS is "<end>"."""
    found_RV = applied(name, value, rows)
    return {
        rows.start.pieces[i] or "<end>" for i in np.flatnonzero(found_RV[row] > -np.inf).tolist()
    }


def dropped(name: str, value: Any, rows: Rows, row: int = 0) -> set[str]:
    return {piece or "<end>" for piece in rows.start.pieces} - kept(name, value, rows, row)


def nats(name: str, value: Any, rows: Rows) -> dict[str, Any]:
    """Return what each piece has gained over the end, which none of them touches."""
    found_V = applied(name, value, rows)[0]
    gains_V = found_V - found_V[EOS]
    return {
        piece or "<end>": pytest.approx(gain)
        for piece, gain in zip(rows.start.pieces, gains_V, strict=True)
        if abs(gain) > 1e-9
    }


@pytest.mark.parametrize(
    ("pieces", "written", "expected"),
    [
        (LETTERS, "", {"t"}),
        (LETTERS, "t", {"h"}),
        (LETTERS, "th", {"e"}),
        (LETTERS, "the", {"<end>", *"abehnt \n"}),
        (LETTERS, "the a", {"<end>", *"abehnt \n"}),
        (LETTERS, "a", set()),
        (WORDS, "", {"the", "th"}),
        (WORDS, "th/", {"e"}),
        (WORDS, "the/", {"<end>", *WORDS} - {""}),
    ],
)
def test_a_prefix_lets_through_what_writes_it(
    pieces: Sequence[str], written: str, expected: set[str]
) -> None:
    assert kept("prefix", "the", rows_of(pieces, ("", written))) == expected


def test_a_token_may_write_more_than_the_end_of_a_prefix() -> None:
    assert kept("prefix", "the ", rows_of(WORDS, ("", "th/e"))) == {" ", " the", " cat", " sat"}
    assert kept("prefix", " c", rows_of(WORDS, ("", ""))) == {" ", " cat"}
    assert kept("prefix", "a c", rows_of(WORDS, ("", ""))) == set()


def test_a_prefix_does_not_count_the_prompt() -> None:
    assert kept("prefix", "the", rows_of(LETTERS, ("the", ""))) == {"t"}
    assert kept("prefix", "the", rows_of(LETTERS, ("t", "h"))) == set()


def test_a_ban_holds_for_letters_and_for_what_they_make_together() -> None:
    assert dropped("ban", "e|the", rows_of(LETTERS, ("", ""))) == {"e"}
    assert dropped("ban", "the", rows_of(LETTERS, ("", ""))) == set()
    assert dropped("ban", "the", rows_of(LETTERS, ("", "ath"))) == {"e"}
    assert dropped("ban", "the|\n|tha", rows_of(LETTERS, ("", "th"))) == {"e", "a", "\n"}


def test_no_other_spelling_in_tokens_gets_past_a_ban() -> None:
    assert dropped("ban", "the", rows_of(WORDS, ("", ""))) == {"the", " the"}
    assert dropped("ban", "the", rows_of(WORDS, ("", "th/"))) == {"the", " the", "e"}
    assert dropped("ban", "e c", rows_of(WORDS, ("", "the/"))) == {" cat"}
    assert dropped("ban", "e c", rows_of(WORDS, ("", "th/e"))) == {" cat"}
    assert dropped("ban", "e c", rows_of(WORDS, ("", "th/e/ "))) == set()
    assert dropped("ban", " ", rows_of(WORDS, ("", ""))) == {" ", " the", " cat", " sat"}


def test_a_ban_sees_the_prompt_but_only_what_ends_behind_it() -> None:
    assert dropped("ban", "the", rows_of(LETTERS, ("th", ""))) == {"e"}
    assert dropped("ban", "the", rows_of(LETTERS, ("t", "h"))) == {"e"}
    assert dropped("ban", "the", rows_of(LETTERS, ("the", ""))) == set()


def test_a_ban_takes_its_commas_pipes_and_equal_signs_as_letters() -> None:
    pieces = ("", ",", "|", "=", "a")
    rows = rows_of(pieces, ("", "a"))
    for spec, expected in (('sample:ban="a,"', {","}), (r'sample:ban="a\||a="', {"|", "="})):
        assert dropped("ban", parse_spec(spec).options.model_dump()["ban"], rows) == expected


def test_a_bias_goes_to_what_completes_a_string() -> None:
    assert nats("bias", "e=-2|th=1.5", rows_of(LETTERS, ("", "t"))) == {"e": -2, "h": 1.5}
    assert nats("bias", "e=-2|the=1.5", rows_of(LETTERS, ("", "th"))) == {"e": -0.5}
    assert nats("bias", "the=1.5", rows_of(WORDS, ("", "th/"))) == {
        "e": 1.5, "the": 1.5, " the": 1.5,
    }  # fmt: skip
    assert nats("bias", " the=3", rows_of(WORDS, ("", " "))) == {" the": 3, "the": 3}


def test_a_bias_sees_the_prompt() -> None:
    assert nats("bias", "the=3", rows_of(LETTERS, ("th", ""))) == {"e": 3}
    assert nats("bias", "the=3", rows_of(LETTERS, ("t", "h"))) == {"e": 3}


def test_a_repetition_penalty_multiplies_log_probs_of_recent_tokens() -> None:
    found_V = applied("repetition", 2.0, rows_of(LETTERS, ("a", "bb")))[0]
    weights = np.array([1 / 81 if piece in ("a", "b") else 1 / 9 for piece in LETTERS])
    assert_close(np.exp(found_V), weights / weights.sum(), terms=len(LETTERS))


def test_presence_counts_a_token_once_and_frequency_each_time() -> None:
    rows = rows_of(LETTERS, ("ab", "ba"))
    assert nats("presence", 1.5, rows) == {"a": -1.5, "b": -1.5}
    assert nats("frequency", 1.5, rows) == {"a": -3.0, "b": -3.0}
    assert nats("frequency", -1.0, rows_of(LETTERS, ("", "aab"))) == {"a": 2.0, "b": 1.0}


@pytest.mark.parametrize(
    ("last", "punished"), [(1, {"e"}), (2, {"e", "h"}), (3, {"e", "h", "t"}), (9, set("theab"))]
)
@pytest.mark.parametrize("name", ["repetition", "presence", "frequency"])
def test_penalties_look_back_at_the_last_tokens_of_prompt_and_text(
    name: str, last: int, punished: set[str]
) -> None:
    for prompt, written in (("abthe", ""), ("abt", "he"), ("", "abthe")):
        rows = rows_of(LETTERS, (prompt, written), last=last)
        assert set(nats(name, 2.0, rows)) == punished


def test_no_ngram_of_prompt_and_text_comes_twice() -> None:
    assert dropped("no-repeat", 3, rows_of(LETTERS, ("", "thenth"))) == {"e"}
    assert dropped("no-repeat", 3, rows_of(LETTERS, ("then", "th"))) == {"e"}
    assert dropped("no-repeat", 3, rows_of(LETTERS, ("thenthat", "th"))) == {"e", "a"}
    assert dropped("no-repeat", 4, rows_of(LETTERS, ("then", "th"))) == set()
    assert dropped("no-repeat", 2, rows_of(LETTERS, ("", "aaa"))) == {"a"}
    assert dropped("no-repeat", 1, rows_of(LETTERS, ("ab", "e"))) == {"a", "b", "e"}
    assert dropped("no-repeat", 3, rows_of(LETTERS, ("", "a"))) == set()
    assert dropped("no-repeat", 3, rows_of(LETTERS, ("", ""))) == set()


def test_ngrams_are_of_tokens_not_of_letters() -> None:
    assert dropped("no-repeat", 2, rows_of(WORDS, ("", "th/e/the/th"))) == {"e"}


def test_a_sentence_does_not_end_before_its_least_length() -> None:
    rows = rows_of(LETTERS, ("ab", "a"), ("", "ab"), ("a", ""))
    assert [("<end>" in kept("min-length", 2, rows, row)) for row in range(3)] == [
        False, True, False,
    ]  # fmt: skip


def test_the_end_can_be_banned() -> None:
    assert dropped("no-eos", "ban", rows_of(LETTERS, ("", "ab"))) == {"<end>"}
    assert dropped("no-eos", "stop", rows_of(LETTERS, ("", "ab"))) == set()


@pytest.mark.parametrize(("name", "value"), [("min-length", 2), ("no-eos", "ban")])
def test_where_texts_have_no_end_there_is_none_to_forbid(name: str, value: Any) -> None:
    assert dropped(name, value, rows_of(LETTERS, ("", ""), eos=None)) == set()


def with_an_end_in_the_prompt(name: str, value: Any) -> LogProbs:
    rows = rows_of(LETTERS, ("ab", "ab"))
    start = rows.start._replace(prompts=[Prompt([1, EOS, 2, EOS])])
    return applied(name, value, Rows(rows.hypotheses, start, rows.last))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("repetition", 3.0),
        ("presence", 3.0),
        ("frequency", 3.0),
        ("no-repeat", 1),
        ("ban", "a|b"),
        ("bias", "a=3|b=-3"),
    ],
)
def test_no_past_and_no_string_speaks_against_the_end(name: str, value: Any) -> None:
    found_V = with_an_end_in_the_prompt(name, value)[0]
    untouched = LETTERS.index("n")
    assert found_V[EOS] == found_V[untouched]
    assert found_V[EOS] != found_V[1]


def test_where_texts_have_no_end_the_first_token_is_one_like_any_other() -> None:
    pieces = tuple("abc")
    rows = rows_of(pieces, ("", "a"), eos=None)
    assert dropped("no-repeat", 1, rows) == {"a"}
    assert applied("presence", 1.0, rows)[0, 0] < applied("presence", 1.0, rows)[0, 1]


def test_a_row_in_which_nothing_is_left_is_dead_and_the_others_live() -> None:
    rows = rows_of(("", "a", "b"), ("", ""), ("b", ""))
    options = parse_spec("sample:eos=ban,ban=a|ab,no_repeat=1").options
    found_RV = options.filter(uniform(rows), Rows(rows.hypotheses, rows.start, options.last))
    assert found_RV.tolist() == [[-math.inf, -math.inf, 0.0], [-math.inf] * 3]


def test_an_alternative_vocabulary_is_not_confused_with_the_last_one() -> None:
    """The cache of a string belongs to one vocabulary."""
    for name, value in (("ban", "ab"), ("prefix", "ab"), ("bias", "ab=-50")):
        one, two = rows_of(("", "a", "b"), ("", "a")), rows_of(("", "b", "a"), ("", "a"))
        found_1, found_2 = applied(name, value, one)[0], applied(name, value, two)[0]
        # A bias of 50 nats is part of every number.
        assert_close(found_1[[0, 2, 1]], found_2, terms=3)
        assert found_1[1] != found_1[2]


SPECS = {
    "sample:prefix=the,max_length=12": lambda text: text.startswith("the"),
    "sample:ban=e|ab|nn,max_length=40": lambda text: not any(s in text for s in ("e", "ab", "nn")),
    "sample:no_repeat=2,eos=ban": lambda text: all(
        text.count(text[i : i + 2]) == 1 or text[i] == text[i + 1] for i in range(len(text) - 1)
    ),
    "sample:min_length=7": lambda text: len(text) >= 7,
    "sample:bias=a=100,max_length=9,eos=ban": lambda text: text == "a" * 9,
    "sample:repetition=100,last=3,max_length=30,eos=ban": lambda text: all(
        text[i] not in text[max(0, i - 3) : i] for i in range(len(text))
    ),
}


@pytest.mark.parametrize("text", SPECS)
def test_whole_texts_keep_the_promise_of_their_filter(text: str) -> None:
    num = len(LETTERS)
    log_probs_PV = np.full((20, num), -math.log(num))

    def step(state: None, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, None]:
        return np.full((len(tokens_R), num), -math.log(num)), None

    spec = parse_spec(text)
    start = SearchStart(log_probs_PV, None, EOS, [Prompt()] * 20, LETTERS)
    generators = [np.random.default_rng(row) for row in range(20)]
    *_, last = spec.decoder.search(step, start, spec.options, 60, generators)
    texts = ["".join(LETTERS[i] for i in h.tokens()) for h in last.hypotheses]
    assert all(map(SPECS[text], texts)), texts
    assert len(texts) == 20
