"""Text to ids and back."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.corpora import Vocabulary
from rnnlab.corpora._vocabulary import EOS
from rnnlab.errors import BadInputError, RnnlabError

quick = settings(deadline=None, max_examples=100, derandomize=True)
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from("ab é\u0301\u0300👩🏽‍🚀\ufe0f日\n\t\U0010ffff")
)


@quick
@given(text=texts)
def test_text_comes_back_from_its_ids(text: str) -> None:
    vocabulary = Vocabulary.count(text)
    ids = vocabulary.encode(text)
    assert ids.dtype == np.int64
    assert len(ids) == len(text)
    assert vocabulary.decode(ids.tolist()) == text


@quick
@given(text=texts)
def test_ids_are_those_of_a_plain_dictionary(text: str) -> None:
    vocabulary = Vocabulary.count(text, [EOS])
    numbers = {token: i for i, token in enumerate(vocabulary.tokens)}
    assert vocabulary.encode(text).tolist() == [numbers[letter] for letter in text]
    assert len(vocabulary) == len(set(text)) + 1


@quick
@given(known=texts, text=texts)
def test_letters_outside_the_vocabulary_are_refused_and_no_others(known: str, text: str) -> None:
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
def test_a_vocabulary_comes_back_from_its_file(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("vocabulary") / "vocabulary.json"
    saved = Vocabulary.count(text, [EOS])
    saved.save(file)
    assert Vocabulary.load(file) == saved


def test_one_known_letter_is_no_other() -> None:
    vocabulary = Vocabulary.count("a")
    for codepoint in {*range(0x800), 0xFFFF, 0x10FFFF} - {ord("a")}:
        with pytest.raises(BadInputError, match="never saw"):
            vocabulary.encode(chr(codepoint))


def test_letters_are_ordered_by_their_code_after_the_specials() -> None:
    vocabulary = Vocabulary.count("zébra a", [EOS])
    assert vocabulary.tokens == (EOS, " ", "a", "b", "r", "z", "é")
    assert vocabulary.eos == 0
    assert Vocabulary.count("ab").eos is None


def test_the_order_of_a_text_does_not_matter() -> None:
    assert Vocabulary.count("abc") == Vocabulary.count("cabbac")


def test_special_tokens_are_left_out_of_a_text() -> None:
    vocabulary = Vocabulary.count("ab", [EOS])
    assert vocabulary.decode([1, 0, 2]) == "ab"
    with pytest.raises(BadInputError, match="never saw '<'"):
        vocabulary.encode(EOS)


def test_accents_composed_and_combining_are_different_letters() -> None:
    """Texts are composed before they come here, so that a user cannot tell them apart."""
    composed, combining = "é", unicodedata.normalize("NFD", "é")
    assert len(Vocabulary.count(composed)) == 1
    assert len(Vocabulary.count(combining)) == 2


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"{}", b"3", b'{"tokens": 5}', b'{"tokens": null}', b"\xff\xfe"],
)
def test_a_file_that_is_no_vocabulary_is_told_in_one_line(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "vocabulary.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RnnlabError, match="missing or no vocabulary") as caught:
        Vocabulary.load(file)
    assert str(file) in str(caught.value)
