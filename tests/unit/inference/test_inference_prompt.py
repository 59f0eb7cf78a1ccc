"""Letters and words that a model never saw: refused, dropped, replaced or read as <unk>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import EOS, UNK, Vocabulary
from rnnlab.decoding import parse_spec
from rnnlab.inference import EncodedPrompt, LoadedModel, continue_texts, encode_prompt

Make = Callable[..., LoadedModel]
LETTERS = Vocabulary((EOS, *"\n abceEfos\"'.-"))
WORDS = Vocabulary(
    (UNK, " the", "the", " The", " foot", "foot", " ball", "'", ",", " ", "."), "words"
)
SURE_WORDS = Vocabulary(WORDS.tokens[1:], "words")


def read(vocabulary: Vocabulary, text: str, unknown: Any = "auto") -> EncodedPrompt:
    """Read a prompt; check that the tokens are those of the text, and the note a line."""
    found = encode_prompt(vocabulary, text, unknown)
    assert found.tokens.tolist() == vocabulary.encode(found.text).tolist()
    assert found.note.isprintable()
    return found


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("caf\u00e9", "cafe"),
        ("\u00c9a", "Ea"),
        ("A", "a"),
        ("\u201ca\u201d", '"a"'),
        ("\u00aba\u00bb", '"a"'),
        ("b\u2019a", "b'a"),
        ("a\u2014b", "a-b"),
        ("a\u2026", "a..."),
        ("a\u00a0b\u2009c\td", "a b c "),
        ("\u00df\u0153\ufb01", "ssoef"),
        ("a日b\0c\u200b", "abc"),
        ("q\u0323b\u0323", "b"),
        ("日本", ""),
        ("\udc80a", "a"),
        ("e\u0301", "e"),
    ],
)
def test_a_letter_is_read_as_the_nearest_that_the_model_knows(text: str, nearest: str) -> None:
    found = read(LETTERS, text, "nearest")
    assert (found.text, "new to the model" in found.note) == (nearest, True)


def test_the_nearest_of_a_mark_without_its_letter_is_no_other_mark() -> None:
    assert read(Vocabulary(("q", "\u0302")), "q\u0323", "nearest").text == "q"


def test_the_case_is_kept_where_it_can_be() -> None:
    assert read(LETTERS, "É é", "nearest").text == "E e"
    assert read(Vocabulary(("e", " ")), "É é", "nearest").text == "e e"
    assert read(Vocabulary(("E", " ")), "É é", "nearest").text == "E E"


def test_a_note_says_what_became_of_every_letter() -> None:
    assert read(LETTERS, "abc", "nearest").note == ""
    found = read(LETTERS, "é“日\x1b", "nearest")
    read_as, left_out = found.note.removeprefix("new to the model: ").split("; ")
    assert read_as == "read 'é' as 'e', '“' as '\"'"
    assert left_out == "left out '日', '␛' (U+001B)"
    assert read(LETTERS, "日é", "drop").note == "new to the model: left out '日', 'é'"


def test_a_note_names_five_and_counts_the_rest() -> None:
    assert read(LETTERS, "zyxwvuz", "drop").note == (
        "new to the model: left out 'z', 'y', 'x', 'w', 'v' and 1 more"
    )
    many = read(LETTERS, "éèêëœüùàç", "nearest").note
    assert many.startswith("new to the model: read 'é' as 'e', ")
    assert many.count(" as ") == 5
    assert " and 2 more" in many


def test_dropped_letters_leave_the_others(make_loaded: Make) -> None:
    found = read(LETTERS, "a日é b", "drop")
    assert found.text == "a b"
    assert read(LETTERS, "日é", "drop").text == ""


@pytest.mark.parametrize("unknown", ["auto", "refuse"])
@pytest.mark.parametrize(("vocabulary", "text"), [(LETTERS, "aé"), (SURE_WORDS, "the zzz")])
def test_unknown_ones_are_refused_where_there_is_no_unk(
    vocabulary: Vocabulary, text: str, unknown: str
) -> None:
    with pytest.raises(BadInputError, match=r"never saw '( zzz|é)'"):
        read(vocabulary, text, unknown)


def test_words_are_refused_when_told_though_there_is_an_unk() -> None:
    with pytest.raises(BadInputError, match="never saw ' zzz'"):
        read(WORDS, "the zzz", "refuse")


@pytest.mark.parametrize("unknown", ["auto", "unk"])
def test_unknown_words_are_read_as_unk_and_it_is_said(unknown: str) -> None:
    found = read(WORDS, "the zzz, foot yyy", unknown)
    assert found.text == "the zzz, foot yyy"
    assert [WORDS.tokens[i] for i in found.tokens] == ["the", UNK, ",", " foot", UNK]
    assert found.note == "new to the model, read as <unk>: ' zzz', ' yyy'"


def test_a_literal_unk_is_known() -> None:
    assert read(WORDS, "the <unk>, foot").note == ""


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("the f\u00f4ot", "the foot"),
        ("THE foot", "the foot"),
        ("the futball.", "the ball."),
        ("the foots", "the foot"),
        ("the foot\u2019", "the foot'"),
        ("f\u00f6\u00f6t, the", "foot, the"),
        ("the\u00a0foot", "the foot"),
        ("the zzz ball", "the ball"),
        ("zzz", ""),
    ],
)
@pytest.mark.parametrize("vocabulary", [WORDS, SURE_WORDS])
def test_a_word_is_read_as_the_one_spelled_most_alike(
    vocabulary: Vocabulary, text: str, nearest: str
) -> None:
    found = read(vocabulary, text, "nearest")
    assert found.text == nearest
    assert not vocabulary.unknown(vocabulary.split(found.text))


@pytest.mark.parametrize("unknown", ["drop", "nearest"])
def test_words_never_grow_together_into_one_that_is_unknown(unknown: str) -> None:
    found = read(Vocabulary((*SURE_WORDS.tokens, "ball"), "words"), "the foot\u00a7ball.", unknown)
    assert found.text == "the."
    assert found.note == "new to the model: left out '\u00a7', ' football'"
    without_space = Vocabulary(("the", "foot"), "words")
    assert read(without_space, "the f\u00f4ot", unknown).text in {"the", ""}


def test_ways_that_there_are_not_are_refused_in_a_line() -> None:
    for vocabulary, unknown in ((LETTERS, "unk"), (SURE_WORDS, "unk"), (WORDS, "guess")):
        with pytest.raises(BadInputError) as caught:
            read(vocabulary, "a", unknown)
        assert str(caught.value).isprintable()
    with pytest.raises(BadInputError, match="has no <unk>; choose refuse, drop or nearest"):
        read(LETTERS, "a", "unk")


@pytest.mark.parametrize(("text", "was_read"), [("Éab", "éab"), ("日", ""), ("日a\u0323", "a")])
def test_an_answer_tells_the_prompt_that_was_read(
    make_loaded: Make, text: str, was_read: str
) -> None:
    loaded = make_loaded(task="sentences")
    spec = parse_spec("beam:k=2")
    *_, last = continue_texts(loaded, [text], spec, 5, unknown="nearest")
    *_, plain = continue_texts(loaded, [was_read], spec, 5)
    for answer, same in zip(last.answers(), plain.answers(), strict=True):
        assert answer.prompt == was_read
        assert answer.text == was_read + answer.continuation
        assert answer.prompt_note.startswith("new to the model: ")
        # Exact: the same operations on the same tokens.
        assert (answer.tokens, answer.logprob, same.prompt_note) == (same.tokens, same.logprob, "")


def test_each_of_several_prompts_has_its_own_note(make_loaded: Make) -> None:
    texts = ["É", "a", "日"]
    *_, last = continue_texts(make_loaded(), texts, parse_spec("greedy"), 3, unknown="nearest")
    notes = [answer.prompt_note for answer in last.answers()]
    assert notes == ["new to the model: read 'É' as 'é'", "", "new to the model: left out '日'"]
