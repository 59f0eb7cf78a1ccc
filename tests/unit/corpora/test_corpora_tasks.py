"""Dividing a text into sentences or streams, and refusing texts that are too short."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import IGNORED, Dataset, Vocabulary, prepare
from rnnlab.corpora.tasks import sentences, stream
from rnnlab.settings.run_config import RunConfig

quick = settings(max_examples=100)


def config_of(task: str, **values: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", "task": task, "batch": 4, **values})


def cut_sentences(text: str, **values: object) -> Dataset:
    return sentences.build(text, None, config_of("sentences", **values))


def cut_stream(text: str, **values: object) -> Dataset:
    return stream.build(text, None, config_of("stream", **values))


# Sentences


NUMBERED = " ".join(f"Phrase {i:03d}{'x' * (i % 17)}." for i in range(100))


def test_every_sentence_starts_and_ends_with_eos() -> None:
    dataset = cut_sentences(NUMBERED, length=60)
    tokens, eos = dataset.vocabulary.tokens, dataset.vocabulary.eos
    result = []
    for batch in dataset.splits["train"].train_batches(0):
        assert batch.is_start
        for inputs, targets in zip(batch.inputs_BT, batch.targets, strict=True):
            assert inputs[0] == eos
            kept = targets[targets != IGNORED]
            assert kept[-1] == eos
            assert (targets[len(kept) :] == IGNORED).all()
            assert (inputs[len(kept) :] == eos).all()
            result.append("".join(tokens[i] for i in kept[:-1]).removesuffix("."))
    expected = NUMBERED.removesuffix(".").split(". ")[:90]
    assert sorted(result) == expected
    assert result != expected  # shuffled


def test_the_last_sentences_are_the_validation_split() -> None:
    dataset = cut_sentences(NUMBERED, length=60, val_fraction=0.2, test_fraction=0.1)
    tokens = dataset.vocabulary.tokens
    for part, expected in (("val", range(70, 90)), ("test", range(90, 100))):
        result = [
            "".join(tokens[i] for i in targets[targets > 0])
            for batch in dataset.splits[part].eval_batches()  # type: ignore[index]
            for targets in batch.targets
        ]
        assert sorted(sentence[7:10] for sentence in result) == [f"{i:03d}" for i in expected]


def test_the_order_differs_between_epochs_and_seeds() -> None:
    def first(epoch: int, seed: int) -> list[int]:
        split = cut_sentences(NUMBERED, length=60, seed=seed).splits["train"]
        result: list[int] = next(iter(split.train_batches(epoch))).inputs_BT.flatten().tolist()
        return result

    assert first(0, 1) != first(1, 1)
    assert first(0, 1) != first(0, 2)


def test_truncated_sentences_are_counted_in_a_note_and_predict_no_end() -> None:
    text = "Court. " * 40 + "Bien trop long pour tenir ici. " * 4 + "Court. " * 36
    dataset = cut_sentences(text, length=10)
    assert "4 sentences are longer than 10 characters" in dataset.notes[1]
    lost = 4 * (len("Bien trop long pour tenir ici.") - 10)
    letters = 76 * len("Court.") + 4 * len("Bien trop long pour tenir ici.")
    share = lost / letters
    assert f"{share:.1%} of all characters" in dataset.notes[1]
    eos = dataset.vocabulary.eos
    num_cut = 0
    for batch in dataset.splits["train"].train_batches(0):
        for targets in batch.targets:
            kept = targets[targets != IGNORED]
            if len(kept) == 10:
                num_cut += 1
                assert eos not in kept
            else:
                assert kept.tolist().count(eos) == 1
    assert num_cut == 4


def test_a_sentence_of_exactly_the_longest_length_is_whole() -> None:
    dataset = cut_sentences("Dix fois!. " * 20, length=10)
    assert len(dataset.notes) == 1
    batch = next(iter(dataset.splits["train"].train_batches(0)))
    assert batch.targets.shape == (4, 11)
    assert (batch.targets[:, -1] == dataset.vocabulary.eos).all()


def realistic_text(num_sentences: int) -> str:
    """Return sentences with log-normal lengths like those of speeches: median 60, some of 200."""
    chance = random.Random(8)
    lengths = [
        min(200, max(4, round(chance.lognormvariate(4.1, 0.6)))) for _ in range(num_sentences)
    ]
    return " ".join("a" * (length - 1) + "." for length in lengths)


@pytest.mark.parametrize("num_sentences", [6000, 12_000])
def test_padding_stays_under_a_twentieth(num_sentences: int) -> None:
    dataset = cut_sentences(realistic_text(num_sentences), batch=64, length=300)
    split = dataset.splits["train"]
    for epoch in (0, 1):
        targets = [batch.targets for batch in split.train_batches(epoch)]
        num_padded = sum(int((t == IGNORED).sum()) for t in targets)
        share = num_padded / sum(t.size for t in targets)
        assert 0 < share < 0.05
    assert isinstance(split, sentences.SentenceSplit)
    assert split.padding() < 0.05
    assert f"{split.padding():.1%} of a batch is padding" in dataset.notes[0]


def test_batches_of_similar_length_are_in_random_order() -> None:
    split = cut_sentences(realistic_text(2000), batch=64, length=300).splits["train"]
    longest = [batch.inputs_BT.shape[1] for batch in split.train_batches(0)]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


@pytest.mark.parametrize(
    ("text", "num"),
    [
        ("no end at all", "no"),
        ("One.", "1"),
        ("One. Two.", "2"),
        ("One. Two. Three. Four.", "4"),
        ("... ??? !!!", "no"),
        ("a" * 5000, "no"),
    ],
)
def test_too_few_sentences_are_refused(text: str, num: str) -> None:
    with pytest.raises(BadInputError, match="or use --task stream") as caught:
        cut_sentences(text)
    problem = "no sentence that ends" if num == "no" else f"{num} sentences"
    assert problem in str(caught.value)


def test_a_vocabulary_without_an_end_of_sentence_is_refused() -> None:
    with pytest.raises(BadInputError, match="no end of sentence"):
        sentences.build(NUMBERED, Vocabulary.count(NUMBERED), config_of("sentences"))


# Streams


def test_a_stream_is_divided_into_parallel_streams() -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(100))
    dataset = cut_stream(text, batch=3, length=7, val_fraction=0.2)
    tokens = dataset.vocabulary.tokens
    batches = list(dataset.splits["train"].train_batches(0))
    read = np.concatenate([batch.inputs_BT for batch in batches], axis=1)
    # 80 characters for training, 79 predictions, 26 for each of 3 streams.
    assert ["".join(tokens[i] for i in row) for row in read] == [
        text[start : start + 26] for start in (0, 26, 52)
    ]
    assert [batch.inputs_BT.shape[1] for batch in batches] == [7, 7, 7, 5]
    assert [batch.is_start for batch in batches] == [True, False, False, False]


def test_every_epoch_of_a_stream_is_the_same() -> None:
    split = cut_stream(NUMBERED, length=20).splits["train"]
    for one, other in zip(split.train_batches(0), split.train_batches(5), strict=True):
        assert np.array_equal(one.inputs_BT, other.inputs_BT)


def test_the_end_of_a_stream_is_the_validation_split() -> None:
    dataset = cut_stream(NUMBERED, length=20, val_fraction=0.2, test_fraction=0.1)
    size = len(NUMBERED)
    parts = {name: split.num_tokens for name, split in dataset.splits.items()}
    assert parts["val"] == int(size * 0.2) - 1
    assert parts["test"] == int(size * 0.1) - 1
    assert size - int(size * 0.2) - int(size * 0.1) - 5 < parts["train"] <= size * 0.7


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("aaaaaaaaaa", {}, "one distinct character"),
        ("a", {}, "one distinct character"),
        ("abcabcabc", {"length": 100}, "need 101"),
        ("ab" * 20, {"batch": 30, "length": 5}, "need 60"),
        ("ab" * 50, {"length": 90}, "90 of them for training"),
        ("ab" * 4, {"length": 2, "batch": 1}, "for training"),
    ],
)
def test_a_text_too_short_for_the_settings_is_refused(
    text: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        cut_stream(text, **values)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("batch", [1, 2, 10, 45])
def test_the_shortest_text_that_is_accepted_can_be_trained_on(batch: int) -> None:
    dataset = cut_stream("ab" * 50, batch=batch, length=89)
    (first, *_) = dataset.splits["train"].train_batches(0)
    assert first.inputs_BT.shape[0] == batch
    assert first.num_tokens > 0


# From settings to a dataset


def test_a_corpus_is_prepared_from_its_settings(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_bytes(("\ufeff" + NUMBERED.replace(" ", "\r\n")).encode())
    config = config_of("stream", length=20).model_copy(update={"corpus": "mine"})
    dataset = prepare(config, tmp_path)
    assert dataset.vocabulary == Vocabulary.count(NUMBERED.replace(" ", "\n"))
    limited = prepare(config.model_copy(update={"limit_chars": 500}), tmp_path)
    assert "500 characters" in limited.notes[0]
    assert limited.fingerprint != dataset.fingerprint


@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_a_trained_models_vocabulary_is_used(tmp_path: Path, task: str) -> None:
    (tmp_path / "mine.txt").write_text(NUMBERED)
    config = config_of(task, length=20).model_copy(update={"corpus": "mine"})
    specials = ["<eos>"] if task == "sentences" else []
    wider = Vocabulary.count(NUMBERED + "XYZ", specials)
    assert prepare(config, tmp_path, wider).vocabulary is wider
    with pytest.raises(BadInputError, match="never saw"):
        prepare(config, tmp_path, Vocabulary.count("abc", specials))
