"""Encoding text to ids and decoding."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora import EOS, PAD, UNK, Vocabulary

quick = settings(max_examples=60)
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from("ab é\u0301\u0300👩🏽‍🚀\ufe0f日\n\t\U0010ffff")
)


@quick
@given(text=texts)
def test_decoding_inverts_encoding(text: str) -> None:
    vocabulary = Vocabulary.count(text)
    ids = vocabulary.encode(text)
    assert ids.dtype == np.int64
    assert len(ids) == len(text)
    assert vocabulary.decode(ids.tolist()) == text


@quick
@given(text=texts)
def test_ids_equal_those_of_a_dictionary(text: str) -> None:
    vocabulary = Vocabulary.count(text, [EOS])
    numbers = {token: i for i, token in enumerate(vocabulary.tokens)}
    assert vocabulary.encode(text).tolist() == [numbers[letter] for letter in text]
    assert len(vocabulary) == len(set(text)) + 1


@quick
@given(known=texts, text=texts)
def test_exactly_the_unknown_characters_are_refused(known: str, text: str) -> None:
    vocabulary = Vocabulary.count(known)
    unknown = [letter for letter in text if letter not in known]
    if not unknown:
        assert vocabulary.decode(vocabulary.encode(text).tolist()) == text
        return
    with pytest.raises(BadInputError) as caught:
        vocabulary.encode(text)
    assert "never saw" in str(caught.value)
    assert str(caught.value).isprintable()


@quick
@given(text=texts)
def test_a_saved_vocabulary_is_loaded_unchanged(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("vocabulary") / "vocabulary.json"
    saved = Vocabulary.count(text, [EOS])
    saved.save(file)
    assert Vocabulary.load(file) == saved


def test_similar_characters_are_distinct() -> None:
    vocabulary = Vocabulary.count("a")
    for codepoint in {*range(0x800), 0xFFFF, 0x10FFFF} - {ord("a")}:
        with pytest.raises(BadInputError, match="never saw"):
            vocabulary.encode(chr(codepoint))


def test_characters_are_in_code_order_after_the_specials() -> None:
    vocabulary = Vocabulary.count("zébra a", [EOS])
    assert vocabulary.tokens == (EOS, " ", "a", "b", "r", "z", "é")
    assert vocabulary.eos == 0
    assert Vocabulary.count("ab").eos is None


def test_the_order_of_a_text_does_not_matter() -> None:
    assert Vocabulary.count("abc") == Vocabulary.count("cabbac")


def test_special_tokens_are_not_decoded() -> None:
    vocabulary = Vocabulary.count("ab", [EOS])
    assert vocabulary.decode([1, 0, 2]) == "ab"
    with pytest.raises(BadInputError, match="never saw '<'"):
        vocabulary.encode(EOS)


def test_composed_and_combining_accents_are_different_characters() -> None:
    """Texts are normalised first, so that users never see the difference."""
    composed, combining = "é", unicodedata.normalize("NFD", "é")
    assert len(Vocabulary.count(composed)) == 1
    assert len(Vocabulary.count(combining)) == 2


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"{}", b"3", b'{"tokens": 5}', b'{"tokens": null}', b"\xff\xfe"],
)
def test_an_invalid_file_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "vocabulary.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RnnlabError, match="missing or is not a vocabulary") as caught:
        Vocabulary.load(file)
    assert str(file) in str(caught.value)


def test_the_older_format_is_read(tmp_path: Path) -> None:
    file = tmp_path / "vocabulary.json"
    file.write_text('{"kind": "chars", "tokens": ["<eos>", " ", "a"]}')
    loaded = Vocabulary.load(file)
    assert loaded == Vocabulary((EOS, " ", "a"))
    assert (loaded.kind, loaded.alphabet, loaded.classes) == ("chars", "unicode", ())
    assert (loaded.eos, loaded.unk, loaded.pad) == (0, None, None)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "bytes", "tokens": ["a"]},
        {"kind": ["chars"], "tokens": ["a"]},
        {"kind": "chars", "tokens": ["a"], "alphabet": "latin"},
        {"kind": "chars", "tokens": ["a"], "classes": 3},
    ],
)
def test_an_unknown_kind_is_refused(tmp_path: Path, document: dict[str, object]) -> None:
    file = tmp_path / "vocabulary.json"
    file.write_text(json.dumps(document))
    with pytest.raises(RnnlabError, match="missing or is not a vocabulary"):
        Vocabulary.load(file)


def test_all_fields_are_saved(tmp_path: Path) -> None:
    file = tmp_path / "vocabulary.json"
    for saved in (
        Vocabulary((PAD, UNK, "bon", "été"), "lowercase", "unicode", ("0", "1")),
        Vocabulary((EOS, UNK, " the", "\n", "«"), "words", "ascii"),
    ):
        saved.save(file)
        assert Vocabulary.load(file) == saved


# Words

WORDS = Vocabulary((EOS, UNK, " the", "the", " cat", ",", "\n", " "), "words")


def test_unknown_words_are_read_as_unk() -> None:
    assert WORDS.unk == 1
    assert WORDS.encode("the dog, the cat").tolist() == [3, 1, 5, 2, 4]
    assert WORDS.encode("").tolist() == []


def test_a_literal_unk_is_that_token() -> None:
    assert WORDS.encode("the <unk> <unk>").tolist() == [3, 1, 1]
    assert WORDS.encode("<unk>the").tolist() == [1, 3]
    assert WORDS.encode("<eos>").tolist() == [1, 1, 1]  # EOS is not text


@pytest.mark.parametrize(
    ("ids", "after", "text"),
    [
        ([3, 1, 4], "", "the <unk> cat"),
        ([1], "", "<unk>"),
        ([1, 1], "", "<unk> <unk>"),
        ([1, 4], "the", " <unk> cat"),
        ([1], "the ", "<unk>"),
        ([1], "l'", "<unk>"),
        ([6, 1, 5, 1], "", "\n<unk>, <unk>"),
        ([0, 3, 0, 4, 0], "", "the cat"),
        ([], "", ""),
    ],
)
def test_an_unknown_word_is_decoded_with_its_space(ids: list[int], after: str, text: str) -> None:
    assert WORDS.decode(ids, after) == text


@quick
@given(text=texts)
def test_known_words_are_decoded_unchanged(text: str) -> None:
    tokens = dict.fromkeys(WORDS.split(text))
    if "<unk>" in text:
        return
    vocabulary = Vocabulary((EOS, UNK, *tokens), "words")
    assert vocabulary.decode(vocabulary.encode(text).tolist()) == text


def test_lowercase_words_are_joined_with_spaces() -> None:
    vocabulary = Vocabulary((PAD, UNK, "bon", "film"), "lowercase", classes=("0", "1"))
    ids = vocabulary.encode("Bon<br />FILM, nul!").tolist()
    assert ids == [2, 3, 1]
    assert vocabulary.decode([*ids, 0, 0]) == "bon film <unk>"
    assert (vocabulary.pad, vocabulary.unk, vocabulary.eos) == (0, 1, None)


def test_unknown_characters_are_unk_if_there_is_one() -> None:
    vocabulary = Vocabulary((PAD, UNK, "a"))
    assert vocabulary.encode("axa").tolist() == [2, 1, 2]
    assert vocabulary.decode([2, 1, 0]) == "a<unk>"


def test_a_token_of_two_characters_is_not_special() -> None:
    """Special tokens are recognised by their names, not by their length."""
    assert Vocabulary((EOS, "ab", "c")).decode([1, 0, 2]) == "abc"


def test_a_text_is_normalised_in_the_vocabularys_alphabet() -> None:
    assert Vocabulary(("a",)).normalise("e\u0301\r\na") == "é\na"
    assert Vocabulary(("a",), alphabet="ascii").normalise("é\r\na") == "e a"
