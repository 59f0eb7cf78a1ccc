"""Tokenisation and normalisation of texts."""

# ruff: noqa: RUF001

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.corpora._tokens import normalise, split_sentences, split_tokens

quick = settings(max_examples=60)
texts = st.text() | st.text(st.sampled_from("aé'’ _1.-\n\t\r\u2028\u0301日<unk>"))

LETTERS = string.ascii_letters + string.digits + string.punctuation + " "


@quick
@given(text=texts)
def test_the_words_of_a_text_are_the_text(text: str) -> None:
    tokens = split_tokens(text, "words")
    assert "".join(tokens) == text
    assert all(tokens)


@quick
@given(text=texts)
def test_lines_can_be_split_one_by_one(text: str) -> None:
    text = normalise(text)
    by_line = [token for line in text.splitlines(True) for token in split_tokens(line, "words")]
    assert by_line == split_tokens(text, "words")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat sat.", ["The", " cat", " sat", "."]),
        ("don't stop", ["don't", " stop"]),
        ("l’homme qu'il", ["l’homme", " qu'il"]),
        ("'tis '90s'", ["'", "tis", " '", "90s", "'"]),
        ("a  b", ["a", " ", " b"]),
        ("a \n b", ["a", " ", "\n", " b"]),
        (" .. (x)", [" .", ".", " (", "x", ")"]),
        ("a <unk> <unk>!", ["a", " <unk>", " <unk>", "!"]),
        ("<eos>", ["<", "eos", ">"]),
        ("Élan_vital 3.14", ["Élan_vital", " 3", ".", "14"]),
        ("日本 語", ["日本", " 語"]),
        ("👩🏽 ok", ["👩", "🏽", " ok"]),
        ("", []),
    ],
)
def test_words_carry_the_space_before_them(text: str, tokens: list[str]) -> None:
    assert split_tokens(text, "words") == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A GOOD film!", ["a", "good", "film"]),
        ("fine.<br /><br />Bad<br>x<BR/>y", ["fine", "bad", "x", "y"]),
        ("don't", ["don", "t"]),
        ("snake_case 10/10", ["snake", "case", "10", "10"]),
        ("Été à l’Œuvre", ["été", "à", "l", "œuvre"]),
        ("<b>bold</b> <brr>", ["b", "bold", "b", "brr"]),
        ("... !", []),
        ("", []),
    ],
)
def test_words_of_documents_are_sequences_of_letters_and_digits(
    text: str, tokens: list[str]
) -> None:
    assert split_tokens(text, "lowercase") == tokens


@quick
@given(text=texts)
def test_words_of_documents_have_only_letters_and_digits(text: str) -> None:
    assert all(token.isalnum() for token in split_tokens(text, "lowercase"))


@quick
@given(text=texts)
def test_chars_are_the_characters_of_the_text(text: str) -> None:
    assert split_tokens(text, "chars") == list(text)


@quick
@given(text=texts)
def test_a_text_in_ascii_has_only_the_95_printable_characters(text: str) -> None:
    bare = normalise(text, "ascii")
    assert set(bare) <= set(LETTERS)
    assert normalise(bare, "ascii") == bare


def test_all_95_characters_are_kept() -> None:
    assert len(LETTERS) == 95
    assert normalise(LETTERS, "ascii") == LETTERS


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Élan à l’œuvre", "Elan a luvre"),
        ("e\u0301", "e"),
        ("a\nb\r\nc\rd", "a b c d"),
        ("a\tb\u00a0c\u2028d", "a b c d"),
        ("a\0b\x7fc\x1bd", "abcd"),
        ("日本", ""),
        ("한", ""),
    ],
)
def test_diacritics_are_removed_and_other_characters_dropped(text: str, bare: str) -> None:
    assert normalise(text, "ascii") == bare


@quick
@given(text=texts)
def test_a_text_in_unicode_is_in_nfc_with_lf(text: str) -> None:
    result = normalise(text)
    assert result == unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


# Sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("What?! Well... yes.", ["What?!", "Well...", "yes."]),
        ("  Spaces \n\n and\tlines.  ", ["Spaces and lines."]),
        ("No mark at the end", ["No mark at the end"]),
        ("One. and a rest", ["One.", "and a rest"]),
        ("... !!! One. ???", ["One."]),
        ("3.14 is two", ["3.", "14 is two"]),
        ("Élan vital. 日本! Ёж?", ["Élan vital.", "日本!", "Ёж?"]),
        ("", []),
        (" \n ", []),
        ("?!", []),
    ],
)
def test_a_text_is_split_after_final_marks(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


@quick
@given(text=st.text(st.sampled_from("ab é.?! \n")))
def test_no_letter_is_lost_or_added(text: str) -> None:
    result = split_sentences(text)
    letters = [c for c in text if c.isalnum()]
    assert [c for sentence in result for c in sentence if c.isalnum()] == letters
    for sentence in result:
        assert sentence == " ".join(sentence.split())
        inner = sentence.rstrip(".?!")
        assert not set(inner) & set(".?!")


def test_a_long_text_without_an_end_is_split_in_linear_time() -> None:
    """A backtracking pattern would take hours and exceed the suite's timeout."""
    assert len(split_sentences("a " * 1_000_000)) == 1
