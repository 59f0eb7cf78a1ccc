"""Streams and sentences of words, and texts in the ASCII alphabet."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import EOS, IGNORED, UNK, Dataset, Task, Vocabulary
from rnnlab.corpora.tasks import sentences, stream
from rnnlab.settings.run_config import RunConfig

TEXT = "".join(f"Line {i % 50} of the text, said she.\nIs it?" + " " * (i % 2) for i in range(199))


def build(task: Task, text: str, vocabulary: Vocabulary | None = None, **values: object) -> Dataset:
    name = task.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    given = {"corpus": "none", "task": name, "tokens": "words", "batch": 4, "length": 20}
    return task.build(text, vocabulary, RunConfig.from_values({**given, **values}))


def stream_text(dataset: Dataset, name: str) -> str:
    """Return the targets of a stream's split in evaluation."""
    batches = dataset.splits[name].eval_batches()  # type: ignore[index]
    return dataset.vocabulary.decode([int(i) for batch in batches for i in batch.targets[0]])


def test_a_stream_of_words_is_the_text() -> None:
    dataset = build(stream, TEXT, batch=1)
    assert dataset.unit == "word"
    assert dataset.vocabulary.kind == "words"
    assert TEXT.startswith("Line" + stream_text(dataset, "train"))
    assert TEXT.endswith(stream_text(dataset, "val"))


@pytest.mark.parametrize("task", [stream, sentences])
def test_the_vocabulary_has_the_words_of_the_train_split(task: Task) -> None:
    text = "One two two. " * 90 + "Three four? " * 10
    dataset = build(task, text, val_fraction=0.1)
    specials = (UNK,) if task is stream else (EOS, UNK)
    tokens = dataset.vocabulary.tokens
    assert tokens[: len(specials)] == specials
    assert " two" in tokens
    assert not {" Three", "Three", " four", "?"} & set(tokens)
    assert "unknown words in the text: 0.0% (train)" in dataset.notes[0]
    assert ", 0.0% (val)" not in dataset.notes[0]


@pytest.mark.parametrize("task", [stream, sentences])
def test_the_vocabulary_has_at_most_vocab_size_words(task: Task) -> None:
    dataset = build(task, TEXT, vocab_size=5)
    specials = 1 if task is stream else 2
    assert len(dataset.vocabulary) == 5 + specials
    read = [batch.inputs_BT for batch in dataset.splits["train"].train_batches(0)]
    share = np.mean(np.concatenate([x.ravel() for x in read]) == dataset.vocabulary.unk)
    assert 0.2 < share < 0.7


def test_chars_per_token_follows_from_the_text() -> None:
    splits = build(stream, TEXT, test_fraction=0.2, vocab_size=3).splits
    full = build(stream, TEXT, test_fraction=0.2)
    for name in ("val", "test"):
        predicted = stream_text(full, name)
        assert splits[name].chars_per_token * splits[name].num_tokens == pytest.approx(
            len(predicted)
        )
    assert full.splits["train"].chars_per_token == pytest.approx(
        len(TEXT) / len(full.vocabulary.split(TEXT)), rel=0.1
    )


def test_chars_per_token_counts_the_end_of_a_sentence() -> None:
    text = "Ab cde. " * 40
    # "Ab", " cde", "." and EOS: 7 characters and 1 in 4 targets.
    assert build(sentences, text).splits["train"].chars_per_token == pytest.approx(2)
    # Truncated after two words: EOS is not predicted.
    assert build(sentences, text, length=2).splits["val"].chars_per_token == pytest.approx(3)
    assert build(sentences, text, tokens="chars").splits["train"].chars_per_token == 1
    assert build(stream, text, tokens="chars").splits["train"].chars_per_token == 1


def test_a_sentence_starts_and_ends_with_eos() -> None:
    dataset = build(sentences, TEXT)
    result = set()
    for batch in dataset.splits["train"].train_batches(0):
        assert (batch.inputs_BT[:, 0] == dataset.vocabulary.eos).all()
        for targets in batch.targets:
            kept = targets[targets != IGNORED]
            assert kept[-1] == dataset.vocabulary.eos
            result.add(dataset.vocabulary.decode(kept.tolist()))
    assert result == {"Is it?", *(f"Line {i} of the text, said she." for i in range(50))}


def test_the_length_of_a_sentence_counts_words() -> None:
    text = "One two three four five six. " * 20 + "One. " * 20
    dataset = build(sentences, text, length=5)
    assert "20 sentences are longer than 5 words and truncated (losing 22.2% of all words)" in (
        dataset.notes
    )
    longest = max(batch.inputs_BT.shape[1] for batch in dataset.splits["train"].eval_batches())
    assert longest == 6


@pytest.mark.parametrize("batch", [16, 64])
def test_padding_stays_under_a_twentieth_among_words(batch: int) -> None:
    """Sentences of speeches: a median of 9 words, a long tail."""
    chance = random.Random(5)
    lengths = [min(120, max(1, round(chance.lognormvariate(2.2, 0.75)))) for _ in range(12_000)]
    text = " ".join(" a" * (n - 1) + " a." for n in lengths)
    split = build(sentences, text, batch=batch, length=120).splits["train"]
    for epoch in (0, 1):
        targets = [b.targets for b in split.train_batches(epoch)]
        padded = sum(int((t == IGNORED).sum()) for t in targets) / sum(t.size for t in targets)
        assert 0 < padded < 0.05


def test_evaluation_with_a_large_vocabulary_uses_smaller_windows() -> None:
    most_logits, others = 2**24, tuple(f" word{i}" for i in range(2**18))
    for task in (stream, sentences):
        small = build(task, TEXT)
        whole = list(small.splits["val"].eval_batches())
        known = small.vocabulary
        dataset = build(task, TEXT, replace(known, tokens=known.tokens + others))
        batches = list(dataset.splits["val"].eval_batches())
        assert len(batches) > len(whole)
        longest = max(batch.inputs_BT.shape[1] for batch in whole) if task is sentences else 1
        assert all(
            batch.inputs_BT.size * len(dataset.vocabulary) <= most_logits
            or batch.inputs_BT.size <= longest
            for batch in batches
        )
        assert sum(b.num_tokens for b in batches) == sum(b.num_tokens for b in whole)


@pytest.mark.parametrize("task", [stream, sentences])
def test_a_trained_models_vocabulary_overrides_the_settings(task: Task) -> None:
    given = build(task, TEXT, vocab_size=7, alphabet="ascii").vocabulary
    assert given.alphabet == "ascii"
    dataset = build(task, TEXT.replace("she", "shé"), given, tokens="chars")
    assert dataset.vocabulary is given
    assert dataset.unit == "word"


def test_a_classifiers_vocabulary_is_refused() -> None:
    given = Vocabulary(("<pad>", UNK, "the"), "lowercase", classes=("0", "1"))
    for task in (stream, sentences):
        with pytest.raises(BadInputError, match="another task"):
            build(task, TEXT, given)


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        (" same" * 500, {}, "one distinct word"),
        ("a b c", {}, "3 words, 3 of them for training; batch 4 and length 20 need 21"),
        ("日本語。" * 100, {"alphabet": "ascii"}, "no ascii word"),
        ("日本語。" * 100, {"alphabet": "ascii", "tokens": "chars"}, "no ascii character"),
    ],
)
def test_a_text_without_enough_words_is_refused(
    text: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        build(stream, text, None, **values)
    assert message in str(caught.value)


@pytest.mark.parametrize("task", [stream, sentences])
def test_a_text_in_ascii_has_no_other_characters(task: Task) -> None:
    text = "Élan vital\nà l'ÉTÉ. Où? Ça! " * 30
    dataset = build(task, text, tokens="chars", alphabet="ascii")
    assert dataset.vocabulary.alphabet == "ascii"
    letters = set("".join(dataset.vocabulary.tokens).replace(EOS, ""))
    assert letters == set("Elan vital a l'ETE. Ou? Ca! ")
    assert build(task, text, alphabet="ascii").vocabulary.tokens[-1].isascii()
