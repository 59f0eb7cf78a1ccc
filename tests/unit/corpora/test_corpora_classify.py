"""Labelled documents: their tokens, batches and notes."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import PAD, UNK, Dataset, Documents, SplitName, Vocabulary, check, prepare
from rnnlab.corpora.tasks import classify
from rnnlab.settings.run_config import RunConfig

TRAIN: SplitName = "train"
VAL: SplitName = "val"


def config_of(**values: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", "task": "classify", "batch": 4, **values})


def documents_of(
    texts: list[str], labels: list[str], splits: list[SplitName] | None = None
) -> Documents:
    return Documents(tuple(texts), tuple(labels), tuple(splits or ()), tuple(sorted(set(labels))))


def build(documents: Documents, vocabulary: Vocabulary | None = None, **values: object) -> Dataset:
    return classify.build(documents, vocabulary, config_of(**values))


def texts_of(dataset: Dataset, name: SplitName = "train") -> dict[str, str]:
    """Return the input text of each document of a split, with its class."""
    result: dict[str, str] = {}
    for batch in dataset.splits[name].eval_batches():
        assert batch.lengths_B is not None
        for row, length, label in zip(batch.inputs_BT, batch.lengths_B, batch.targets, strict=True):
            assert (row[length:] == dataset.vocabulary.pad).all()
            text = dataset.vocabulary.decode(row.tolist())
            result[text] = dataset.vocabulary.classes[label]
    return result


NUMBERED = documents_of(
    [f"{'very ' * (i % 7)}{'good' if i % 2 else 'bad'} film{i}" for i in range(60)],
    ["pos" if i % 2 else "neg" for i in range(60)],
)
SPLITS: list[SplitName] = [*[TRAIN] * 4, *[VAL] * 2]


def test_documents_have_words_and_a_class() -> None:
    dataset = build(NUMBERED, test_fraction=0.2)
    result = texts_of(dataset) | texts_of(dataset, "val") | texts_of(dataset, "test")
    known = {text: name for text, name in result.items() if UNK not in text}
    assert len(known) == dataset.splits["train"].num_tokens
    expected = dict(zip(NUMBERED.texts, NUMBERED.labels, strict=True))
    assert all(expected[text] == name for text, name in known.items())
    assert dataset.vocabulary.classes == ("neg", "pos")
    assert dataset.vocabulary.kind == "lowercase"
    assert dataset.unit == "document"


def test_the_vocabulary_has_specials_then_the_most_frequent_words_of_train() -> None:
    texts = ["Zoo zoo, b a", "zoo a", "c b", "a", "zoo unseen", "zoo"]
    dataset = build(documents_of(texts, ["0", "1"] * 3, SPLITS))
    assert dataset.vocabulary.tokens == (PAD, UNK, "a", "zoo", "b", "c")
    assert build(documents_of(texts, ["0", "1"] * 3, SPLITS), vocab_size=1).vocabulary.tokens == (
        PAD,
        UNK,
        "a",
    )
    assert "unknown words in the text: 0.0% (train), 33.3% (val)" in dataset.notes[1]


@pytest.mark.parametrize(("part", "kept"), [("head", "a b c"), ("tail", "d e f")])
def test_a_long_document_is_truncated_to_its_head_or_tail(part: str, kept: str) -> None:
    texts = ["a b c d e f", "a b", "f e d", "c", "a", "b"]
    dataset = build(documents_of(texts, ["0", "1"] * 3, SPLITS), length=3, part=part)
    assert set(texts_of(dataset)) == {kept, "a b", "f e d", "c"}
    end = "first" if part == "head" else "last"
    assert f"16.7% of the documents are longer than 3 words and truncated to their {end} 3" in (
        dataset.notes
    )
    assert len(dataset.vocabulary) == 8  # counted before truncation


def test_an_empty_document_is_one_unknown_word() -> None:
    texts = ["", "...", "a b", "c", "", "a"]
    for part in ("head", "tail"):
        dataset = build(documents_of(texts, ["0", "1"] * 3, SPLITS), part=part)
        for name in (TRAIN, VAL):
            for batch in dataset.splits[name].eval_batches():
                assert batch.lengths_B is not None
                assert batch.lengths_B.min() == 1
                empty = batch.inputs_BT[batch.lengths_B == 1]
                assert dataset.vocabulary.unk in empty[:, 0]
                assert dataset.vocabulary.pad not in empty[:, 0]


def test_documents_may_have_characters_as_tokens() -> None:
    texts = ["Aé!", "aa", "x", "", "aç", "日"]
    dataset = build(documents_of(texts, ["0", "1"] * 3, SPLITS), tokens="chars")
    assert dataset.vocabulary.tokens == (PAD, UNK, "!", "A", "a", "x", "é")
    assert set(texts_of(dataset)) == {"Aé!", "aa", "x", UNK}
    assert set(texts_of(dataset, "val")) == {f"a{UNK}", UNK}
    bare = build(documents_of(texts, ["0", "1"] * 3, SPLITS), tokens="chars", alphabet="ascii")
    assert set(texts_of(bare)) == {"Ae!", "aa", "x", UNK}
    assert bare.vocabulary.alphabet == "ascii"


def test_a_batch_has_classes_and_true_lengths() -> None:
    dataset = build(NUMBERED)
    lengths = []
    for batch in dataset.splits["train"].train_batches(0):
        assert batch.lengths_B is not None
        assert batch.is_start
        assert batch.targets.shape == batch.lengths_B.shape == (len(batch.inputs_BT),)
        assert batch.num_tokens == len(batch.inputs_BT)
        assert batch.num_read == batch.lengths_B.sum() == (batch.inputs_BT != 0).sum()
        assert batch.inputs_BT.shape[1] == batch.lengths_B.max()
        assert batch.inputs_BT.dtype == batch.targets.dtype == np.int64
        lengths += batch.lengths_B.tolist()
    assert sorted(lengths)[-1] == 8
    assert len(lengths) == dataset.splits["train"].num_tokens == 54
    assert dataset.splits["train"].chars_per_token == 1


def test_evaluation_is_bounded_in_memory_and_tokens() -> None:
    texts = ["a " * (400 + i % 100) for i in range(300)]
    long = build(documents_of(texts, ["0", "1"] * 150), length=600).splits["train"]
    batches = list(long.eval_batches())
    assert 3 <= len(batches) <= 5
    assert max(batch.inputs_BT.size for batch in batches) <= 65_536
    assert sum(batch.num_tokens for batch in batches) == long.num_tokens
    longest = [batch.inputs_BT.shape[1] for batch in batches]
    assert longest == sorted(longest)
    split = build(NUMBERED).splits["train"]
    limited = sum(batch.num_read for batch in split.eval_batches(50))
    assert 42 < limited <= 50
    assert sum(batch.num_tokens for batch in split.eval_batches(1)) == 1


def test_many_documents_have_little_padding() -> None:
    lengths = np.random.default_rng(3).lognormal(4.5, 0.7, 4000).astype(int) + 1
    texts = ["a " * min(400, int(n)) for n in lengths]
    dataset = build(documents_of(texts, ["0", "1"] * 2000), batch=32, length=200)
    split = dataset.splits["train"]
    assert isinstance(split, classify.DocumentSplit)
    assert split.padding() < 0.05
    assert f"{split.padding():.1%} of a batch is padding" in dataset.notes[1]


def test_notes_have_splits_classes_and_duplicates() -> None:
    texts = ["same", "one", "two", "three", "same", "other"]
    labels = ["a", "b", "a", "a", "b", "a"]
    dataset = build(documents_of(texts, labels, SPLITS))
    assert dataset.notes[0] == "6 documents (4 train, 2 val) of 2 classes (a 66.7%, b 33.3%)"
    assert dataset.notes[-1] == "documents that are also in the train split: 1 of val"
    assert not any("also in the train" in note for note in build(NUMBERED).notes)
    many = documents_of([str(i) for i in range(240)], [str(i % 12) for i in range(240)])
    assert "of 12 classes" in build(many).notes[0]
    assert build(many).notes[0].endswith("2 more)")


def test_the_fingerprint_covers_texts_labels_and_splits() -> None:
    texts, labels = [f"t{i}" for i in range(20)], ["0", "1"] * 10
    splits: list[SplitName] = [*[TRAIN] * 18, *[VAL] * 2]
    marks = {
        build(documents_of(*parts)).fingerprint
        for parts in (
            (texts, labels, splits),
            (texts, labels),
            ([*texts[:-1], "x"], labels, splits),
            (texts, [*labels[:-2], "1", "0"], splits),
            (texts, labels, [*splits[:-3], "val", "val", "train"]),
            (["t0t1", "", *texts[2:]], labels, splits),
        )
    }
    assert len(marks) == 6
    assert build(documents_of(texts, labels, splits), length=3).fingerprint in marks


# With a given vocabulary


def test_a_given_vocabulary_is_used() -> None:
    given = Vocabulary((PAD, UNK, "good"), "lowercase", "unicode", ("pos", "neg"))
    dataset = build(NUMBERED, given)
    assert dataset.vocabulary is given
    result = texts_of(dataset)
    assert all((name == "pos") == ("good" in text) for text, name in result.items())


def test_a_vocabulary_of_characters_overrides_the_settings() -> None:
    given = Vocabulary((PAD, UNK, *"abdfgilmo 123"), classes=("neg", "pos"))
    dataset = build(NUMBERED, given, tokens="words")
    assert "bad film<unk>" in texts_of(dataset) | texts_of(dataset, "val")


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        (Vocabulary.count("abc"), "for another task"),
        (Vocabulary((PAD, UNK, "a"), "lowercase"), "for another task"),
        (Vocabulary((UNK, "a"), "words", classes=("neg", "pos")), "for another task"),
        (
            Vocabulary((PAD, UNK), "lowercase", classes=("neg", "other")),
            "the model does not have the class 'pos'; choose documents of its classes: neg, other",
        ),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_refused(vocabulary: Vocabulary, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        build(NUMBERED, vocabulary)


def test_a_class_without_documents_is_allowed() -> None:
    given = Vocabulary((PAD, UNK), "lowercase", classes=("neg", "neutral", "pos"))
    assert set(texts_of(build(NUMBERED, given)).values()) == {"neg", "pos"}


# From a file


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "films.csv.gz"
    rows = [f'{i % 2},"{"good" if i % 2 else "bad"}, {"long " * (i % 9)}"' for i in range(200)]
    file.write_bytes(gzip.compress("\n".join(["label,text", *rows]).encode(), mtime=0))
    return file


def test_documents_are_prepared_from_their_settings(table: Path) -> None:
    config = config_of().model_copy(update={"corpus": "films"})
    dataset = prepare(config, table.parent)
    assert sum(split.num_tokens for split in dataset.splits.values()) == 200
    limited = prepare(config.model_copy(update={"limit_chars": 800}), table.parent)
    assert 20 < sum(split.num_tokens for split in limited.splits.values()) < 60
    assert limited.fingerprint != dataset.fingerprint
    again = prepare(config.model_copy(update={"limit_chars": 800}), table.parent)
    assert limited.fingerprint == again.fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("split,label,text\ntrain,0,a\ntrain,0,b\nval,1,c\n", "no document of class '1'"),
        ("label,text\n0,a\n1,b\n", "2 documents are too few for a val split"),
        ("label,text\n0,a\n", "have the label '0'"),
    ],
)
def test_a_check_raises_the_errors_of_a_run(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(content)
    config = config_of().model_copy(update={"corpus": str(file)})
    for action in (check, prepare):
        with pytest.raises(BadInputError, match=message):
            action(config)


def test_a_check_does_not_tokenise() -> None:
    """A run is checked before it is created: tokenising all documents could take minutes."""
    unreadable: Any = (None,) * len(NUMBERED)
    classify.check(replace(NUMBERED, texts=unreadable), config_of())


def test_documents_without_words_are_refused() -> None:
    with pytest.raises(BadInputError, match="has no ascii letters or digits"):
        build(documents_of(["日本"] * 20, ["0", "1"] * 10), alphabet="ascii")
