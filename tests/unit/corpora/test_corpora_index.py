"""Indexing in one pass gives the ids of the vocabulary."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import PAD, UNK, Vocabulary
from rnnlab.corpora._index import index

Kind = Literal["chars", "words", "lowercase"]
quick = settings(max_examples=40)
texts = st.lists(st.text() | st.text(st.sampled_from("ab AB.é\n<unk>")), max_size=5)
KINDS: tuple[Kind, ...] = ("chars", "words", "lowercase")


@pytest.mark.parametrize("kind", KINDS)
@quick
@given(texts=texts, size=st.integers(1, 6))
def test_ids_equal_those_of_the_vocabulary(kind: Kind, texts: list[str], size: int) -> None:
    indexed = index(texts, kind)
    vocabulary = indexed.extend(Vocabulary((PAD, UNK), kind), indexed.counts(), size)
    ids = indexed.encode(vocabulary)
    assert len(indexed.starts) == len(texts) + 1
    for i, text in enumerate(texts):
        result = ids[indexed.starts[i] : indexed.starts[i + 1]]
        assert result.tolist() == vocabulary.encode(text).tolist()
    assert len(ids) == indexed.starts[-1]
    assert ids.dtype == np.int64


@pytest.mark.parametrize("kind", KINDS)
@quick
@given(texts=texts)
def test_tokens_are_counted_in_any_part(kind: Kind, texts: list[str]) -> None:
    indexed = index(texts, kind)
    vocabulary = Vocabulary((), kind)
    expected = Counter(token for text in texts for token in vocabulary.split(text))
    result = {t: int(n) for t, n in zip(indexed.distinct, indexed.counts(), strict=True) if n}
    assert result == expected
    half = len(indexed.places) // 2
    both = indexed.counts(slice(0, half)) + indexed.counts(slice(half, None))
    assert (both == indexed.counts()).all()
    assert indexed.sizes().tolist() == [len(token) for token in indexed.distinct]


def test_the_vocabulary_has_the_most_frequent_words_with_ties_in_code_order() -> None:
    indexed = index(["b b a a c c c d"], "lowercase")
    specials = Vocabulary((PAD, UNK), "lowercase", "ascii", ("0", "1"))
    vocabulary = indexed.extend(specials, indexed.counts(), 3)
    assert vocabulary == Vocabulary((PAD, UNK, "c", "a", "b"), "lowercase", "ascii", ("0", "1"))


def test_words_outside_of_the_counted_part_are_unknown() -> None:
    indexed = index(["a b", "c c c"], "lowercase")
    counts = indexed.counts(slice(0, 2))
    vocabulary = indexed.extend(Vocabulary((PAD, UNK), "lowercase"), counts, 10)
    assert vocabulary.tokens == (PAD, UNK, "a", "b")
    assert indexed.encode(vocabulary).tolist() == [2, 3, 1, 1, 1]


def test_a_literal_unk_does_not_count_as_a_word() -> None:
    indexed = index(["<unk> a <unk> <unk>"], "words")
    vocabulary = indexed.extend(Vocabulary((UNK,), "words"), indexed.counts(), 10)
    assert vocabulary.tokens == (UNK, " a")
    assert indexed.encode(vocabulary).tolist() == [0, 1, 0, 0]


def test_an_unknown_character_is_named() -> None:
    with pytest.raises(BadInputError, match="never saw 'c'"):
        index(["abc"], "chars").encode(Vocabulary.count("ab"))


def test_no_text_has_no_tokens() -> None:
    for kind in KINDS:
        indexed = index([], kind)
        assert (len(indexed.distinct), indexed.starts.tolist()) == (0, [0])
        assert indexed.encode(Vocabulary((UNK,), kind)).tolist() == []
