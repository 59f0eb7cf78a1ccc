"""The shipped corpus: its file, its shape, and that its floor is what its text says."""

from __future__ import annotations

import hashlib
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from rnnlab import registry
from rnnlab.corpora import stump
from rnnlab.corpora._grammar import Grammar, Symbol
from rnnlab.locations import shipped_folder


@pytest.fixture(scope="module")
def text() -> str:
    return stump.text()


@pytest.fixture(scope="module")
def sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in re.findall(r"[^.?!]+[.?!]", text)]


def run_module(*arguments: str, hash_seed: str) -> None:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "rnnlab.corpora.stump", *arguments]
    subprocess.run(command, env=environment, check=True, timeout=100)


def test_the_shipped_file_is_the_text_byte_for_byte(text: str) -> None:
    assert (shipped_folder() / "data" / stump.FILE).read_bytes() == text.encode("ascii")


def test_the_command_writes_the_same_bytes_under_any_hash_seed(tmp_path: Path, text: str) -> None:
    written = set()
    for hash_seed in ("0", "1", "4242"):
        file = tmp_path / f"{hash_seed}.txt"
        run_module(str(file), hash_seed=hash_seed)
        written.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert written == {hashlib.sha256(text.encode("ascii")).hexdigest()}


def test_it_is_in_the_registry_with_a_summary() -> None:
    assert "stump" in registry.names("corpora")
    assert registry.summary("corpora", "stump").endswith(".")


def test_no_part_of_the_grammar_has_two_derivations_of_one_text() -> None:
    stump.grammar().check_prefix_free()


def test_every_sentence_of_the_text_has_one_derivation(sentences: list[str]) -> None:
    for sentence in sentences[::40]:
        assert len(list(derivations(stump.grammar(), sentence))) == 1


def test_the_probability_of_a_drawn_sentence_is_that_of_its_parse() -> None:
    generator = Random(11)
    for _ in range(200):
        drawn = stump.grammar().derive("sentence", generator)
        assert list(derivations(stump.grammar(), drawn.text)) == [pytest.approx(drawn.logprob)]


@pytest.mark.parametrize("start", ["sentence", "paragraph"])
def test_the_floor_is_the_mean_surprise_of_drawn_texts(start: str) -> None:
    """The exact value lies within 4 standard errors: one seed in 16,000 would fail by chance."""
    generator, num_draws = Random(5), 20_000
    draws = [stump.grammar().derive(start, generator) for _ in range(num_draws)]
    expected = stump.grammar().expect(start)
    for values, exact in (
        ([-draw.logprob for draw in draws], expected.entropy_nats),
        ([float(len(draw.text)) for draw in draws], expected.letters),
    ):
        mean = math.fsum(values) / num_draws
        variance = math.fsum((value - mean) ** 2 for value in values) / (num_draws - 1)
        assert abs(mean - exact) < 4 * math.sqrt(variance / num_draws)
        assert 4 * math.sqrt(variance / num_draws) < 0.02 * exact  # or the test would say little


def test_the_floor_counts_the_end_of_a_sentence_as_a_letter() -> None:
    sentence = stump.grammar().expect("sentence")
    floor = stump.entropy_nats_per_letter()
    assert floor * (sentence.letters + 1) == pytest.approx(sentence.entropy_nats)
    assert 0.45 < floor < 0.75


def test_the_floor_of_the_stream_adds_the_choice_of_each_separator() -> None:
    """A paragraph has 4 sentences on average, 3 of its 4 separators drawn (2 to 1 to go on)."""
    sentence = stump.grammar().expect("sentence")
    separator_nats = math.log(3) - 2 / 3 * math.log(2)
    paragraph_nats = 4 * sentence.entropy_nats + 3 * separator_nats
    floor = stump.entropy_nats_per_letter("stream")
    assert floor == pytest.approx(paragraph_nats / (4 * (sentence.letters + 1)))


def test_the_text_has_the_size_and_letters_of_a_small_corpus(text: str) -> None:
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
def test_a_subject_decides_its_verb_from_afar(text: str, pattern: str) -> None:
    """No noun of the corpus ends in s when it is one, no verb when they are many."""
    found = re.findall(pattern, text)
    num_many = sum(bool(plural) for _, plural, _ in found)
    assert min(num_many, len(found) - num_many) > 100
    for _, plural, verb in found:
        assert verb.endswith("s") is not bool(plural)


def test_words_are_spelled_as_english_spells_them(text: str) -> None:
    assert not re.search(r"[^aeiou]ys\b|(?:sh|ch|x|s)s\b", text)


def derivations(grammar: Grammar, text: str) -> Iterator[float]:
    """Give the log-prob of each derivation of a sentence, found by trying every alternative."""

    @cache
    def ends(name: str, start: int) -> tuple[tuple[int, float], ...]:
        rule = grammar.rule(name)
        found: list[tuple[int, float]] = []
        for items, weight in zip(rule.alternatives, rule.weights, strict=True):
            reached = [(start, math.log(weight / sum(rule.weights)))]
            for item in items:
                if isinstance(item, Symbol):
                    reached = [
                        (end, logprob + more)
                        for place, logprob in reached
                        for end, more in ends(item.name, place)
                    ]
                else:
                    reached = [(place + 1, p) for place, p in reached if text[place:][:1] == item]
            found += reached
        return tuple(found)

    return (logprob for end, logprob in ends("sentence", 0) if end == len(text))


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
