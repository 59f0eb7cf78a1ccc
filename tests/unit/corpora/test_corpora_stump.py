"""The speeches: their layout, and the separators of sentences in their floor."""

from __future__ import annotations

import math
import re
from functools import cache

import pytest

from rnnlab.base import registry
from rnnlab.corpora import Grammar, Symbol, parse_spec, stump


@pytest.fixture(scope="module")
def text() -> str:
    spec = parse_spec("stump")
    assert spec is not None
    return spec.text()


@pytest.fixture(scope="module")
def sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in re.findall(r"[^.?!]+[.?!]", text)]


def floor_nats(task: str) -> float:
    floor = stump.CORPUS.floor({}, task)
    assert floor is not None
    return floor.loss_nats


def test_it_is_in_the_registry_with_a_summary() -> None:
    assert "stump" in registry.names("corpora")
    assert registry.summary("corpora", "stump").endswith(".")


def test_the_floor_counts_the_end_of_a_sentence_as_a_character() -> None:
    sentence = stump.grammar().expect("sentence")
    floor = floor_nats("sentences")
    assert floor * (sentence.num_chars + 1) == pytest.approx(sentence.entropy_nats)
    assert 0.45 < floor < 0.75


def test_the_floor_of_the_stream_adds_the_choice_of_each_separator() -> None:
    """A paragraph has 4 sentences on average, 3 of its 4 separators drawn (2 to 1 to go on)."""
    sentence = stump.grammar().expect("sentence")
    separator_nats = math.log(3) - 2 / 3 * math.log(2)
    paragraph_nats = 4 * sentence.entropy_nats + 3 * separator_nats
    floor = floor_nats("stream")
    assert floor == pytest.approx(paragraph_nats / (4 * (sentence.num_chars + 1)))


def test_the_text_has_the_size_and_characters_of_a_small_corpus(text: str) -> None:
    assert 300_000 <= len(text) <= 400_000
    assert len(set(text)) <= 70
    assert text.isascii()
    assert {letter for letter in text if not letter.isprintable()} == {"\n"}


def test_paragraphs_are_lines_of_sentences_with_single_spaces(text: str) -> None:
    assert text.endswith("\n")
    for paragraph in text.removesuffix("\n").split("\n"):
        assert re.fullmatch(r'(["A-Z0-9][^.?!]*[^.?! ][.?!] )+["A-Z0-9][^.?!]*[.?!]', paragraph)
        assert "  " not in paragraph


def test_sentences_have_a_length_that_fits_a_window(sentences: list[str]) -> None:
    lengths = [len(sentence) for sentence in sentences]
    assert 15 <= min(lengths) <= max(lengths) <= 110
    assert sum(25 <= length <= 80 for length in lengths) > 0.85 * len(lengths)


def test_no_sentence_of_the_grammar_is_longer_or_shorter_than_allowed() -> None:
    assert extreme_length(stump.grammar(), "sentence", longest=False) >= 15
    assert extreme_length(stump.grammar(), "sentence", longest=True) <= 110


def test_sentences_are_varied(sentences: list[str]) -> None:
    assert len(set(sentences)) > 0.98 * len(sentences)
    marks = {mark: sum(s.endswith(mark) for s in sentences) / len(sentences) for mark in ".?!"}
    assert min(marks.values()) > 0.15


def test_quotes_and_brackets_close_within_the_sentence(sentences: list[str]) -> None:
    assert any('"' in sentence for sentence in sentences)
    for sentence in sentences:
        assert sentence.count('"') in (0, 2)
        assert re.fullmatch(r"[^\[\]]*( \[[a-z]+\])?[.?!]", sentence)


def test_a_and_an_suit_the_next_word(text: str) -> None:
    assert not re.search(r"\b[Aa] [aeiou]", text)
    assert not re.search(r"\b[Aa]n [^aeiouh]", text)
    assert set(re.findall(r"\b[Aa]n (h\w+)", text)) == {"honest"}


@pytest.mark.parametrize(
    "pattern",
    [
        r"\b([A-Za-z]+?)(s?) with the [a-z]+ ([a-z]+)",
        r"\b([A-Za-z]+?)(s?), who [a-z ]+, (is|are)\b",
        r"\b([A-Za-z]+?)(s?) from [A-Z][A-Za-z ]*? ([a-z]+)",
        r"\b(?:[Tt]he [a-z]+|[Ee]very|[Oo]ur|[Mm]y) ([a-z]+?)(s?) (is|are)\b",
    ],
)
def test_the_number_of_a_subject_decides_its_verb(text: str, pattern: str) -> None:
    """No singular noun of the corpus ends in s, and no plural verb."""
    result = re.findall(pattern, text)
    num_many = sum(bool(plural) for _, plural, _ in result)
    assert min(num_many, len(result) - num_many) > 100
    for _, plural, verb in result:
        assert verb.endswith("s") is not bool(plural)


def test_words_are_spelled_as_english_spells_them(text: str) -> None:
    assert not re.search(r"[^aeiou]ys\b|(?:sh|ch|x|s)s\b", text)


def extreme_length(grammar: Grammar, start: str, *, longest: bool) -> int:
    """Return the length of the longest or shortest text; the grammar must not be recursive."""

    @cache
    def length(name: str) -> int:
        lengths = (
            sum(length(item.name) if isinstance(item, Symbol) else 1 for item in items)
            for items in grammar.rule(name).alternatives
        )
        return max(lengths) if longest else min(lengths)

    return length(start)
