"""The contract of every task: reproducible batches, and every target exactly once.

Each task is tested with characters and with words; a case is called `task-tokens`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.corpora import IGNORED, Batch, Dataset, Split, Task, check, find_corpus, prepare
from rnnlab.models import build_model
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import evaluate
from tests.toys.numeric import assert_close

CASES = [
    f"{task}-{kind}" for task in registry.names("corpora/tasks") for kind in ("chars", "words")
]


def make_text(num_sentences: int = 300) -> str:
    chance = random.Random(4)
    words = ["un", "deux", "trois", "quatre", "dix-sept", "mille et un"]
    lengths = [chance.randint(1, 12) for _ in range(num_sentences)]
    return " ".join(
        " ".join(chance.choice(words) for _ in range(n)) + chance.choice(".?!") for n in lengths
    )


TEXT = make_text()
SENTENCES = [sentence + "." for sentence in TEXT.replace("?", ".").replace("!", ".").split(". ")]


@pytest.fixture(scope="module", autouse=True)
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The same sentences as a text and as documents, with the endings of their kinds."""
    folder = tmp_path_factory.mktemp("corpora")
    (folder / "text.txt").write_text(TEXT)
    write_documents(folder / "documents.csv", SENTENCES)
    FOLDERS.append(folder)
    yield
    FOLDERS.remove(folder)


FOLDERS: list[Path] = []


def write_documents(file: Path, texts: list[str]) -> None:
    rows = (f"{len(text) % 3},{text}" for text in texts)
    file.write_text("\n".join(["label,text", *rows]))


def config_of(case: str, **settings: object) -> RunConfig:
    task, tokens = case.split("-")
    corpus = "documents" if task == "classify" else "text"
    values = {"corpus": corpus, "task": task, "tokens": tokens, "batch": 7, "length": 30}
    return RunConfig.from_values({**values, "test_fraction": 0.1, "vocab_size": 6, **settings})


def build(case: str, **settings: object) -> Dataset:
    return prepare(config_of(case, **settings), FOLDERS[-1])


def same(one: Iterable[Batch], other: Iterable[Batch]) -> bool:
    pairs = list(zip(one, other, strict=True))
    assert pairs
    return all(
        np.array_equal(a.inputs_BT, b.inputs_BT)
        and np.array_equal(a.targets, b.targets)
        and (a.num_tokens, a.num_read, a.is_start) == (b.num_tokens, b.num_read, b.is_start)
        and np.array_equal(lengths(a), lengths(b))
        for a, b in pairs
    )


def lengths(batch: Batch) -> list[int]:
    return [] if batch.lengths_B is None else [int(length) for length in batch.lengths_B]


def targets(batches: Iterable[Batch]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for batch in batches:
        counted.update(batch.targets[batch.targets != IGNORED].tolist())
    return counted


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def train(name: str) -> Split:
    return build(name).splits["train"]


def test_batches_are_the_same_every_time(name: str, train: Split) -> None:
    for epoch in (0, 3):
        assert same(train.train_batches(epoch), train.train_batches(epoch))
        again = build(name).splits["train"]
        assert same(train.train_batches(epoch), again.train_batches(epoch))


def test_batches_do_not_depend_on_global_random_state(name: str) -> None:
    np.random.seed(1)  # noqa: NPY002 (the very thing that must not matter)
    first = list(build(name).splits["train"].train_batches(0))
    np.random.seed(2)  # noqa: NPY002
    assert same(first, build(name).splits["train"].train_batches(0))


def test_starting_at_k_equals_dropping_k_batches(train: Split) -> None:
    for epoch in (0, 2):
        whole = list(train.train_batches(epoch))
        for k in range(len(whole)):
            assert same(whole[k:], train.train_batches(epoch, k))
        assert list(train.train_batches(epoch, len(whole))) == []


def test_an_epoch_has_the_announced_number_of_batches(train: Split) -> None:
    assert len(list(train.train_batches(0))) == train.num_batches() > 3


def test_num_tokens_counts_the_targets_of_each_batch_and_each_split(name: str) -> None:
    for split in build(name).splits.values():
        passes = list(split.train_batches(0)), list(split.eval_batches())
        for batch in (*passes[0], *passes[1]):
            assert len(batch.inputs_BT) == len(batch.targets)
            assert batch.num_tokens == (batch.targets != IGNORED).sum() > 0
        trained, measured = (sum(batch.num_tokens for batch in batches) for batches in passes)
        assert trained == split.num_tokens <= measured


def test_a_batch_predicts_tokens_or_classes(name: str) -> None:
    dataset = build(name)
    for split in dataset.splits.values():
        for batch in (*split.train_batches(0), *split.eval_batches()):
            assert batch.inputs_BT.dtype == batch.targets.dtype == np.int64
            assert 0 <= batch.inputs_BT.min() <= batch.inputs_BT.max() < len(dataset.vocabulary)
            if batch.lengths_B is None:
                assert batch.inputs_BT.shape == batch.targets.shape
                assert batch.targets.max() < len(dataset.vocabulary)
                assert batch.num_read == batch.num_tokens
                continue
            assert batch.targets.shape == batch.lengths_B.shape == (len(batch.inputs_BT),)
            assert 0 <= batch.targets.min() <= batch.targets.max() < len(dataset.vocabulary.classes)
            assert batch.num_read == batch.lengths_B.sum()
            for row, length in zip(batch.inputs_BT, batch.lengths_B, strict=True):
                assert (row[length:] == dataset.vocabulary.pad).all()
                assert dataset.vocabulary.pad not in row[:length]


def test_a_split_has_the_characters_per_token(name: str) -> None:
    dataset = build(name)
    assert dataset.unit in ("letter", "word", "document")
    for split in dataset.splits.values():
        assert (split.chars_per_token == 1) == (dataset.unit != "word")
        assert 1 <= split.chars_per_token < 6


def test_an_epoch_predicts_every_token_of_the_split_once(train: Split) -> None:
    counts = [targets(train.train_batches(epoch)) for epoch in (0, 1)]
    assert counts[0] == counts[1]
    whole = targets(train.eval_batches())
    assert sum((whole - counts[0]).values()) <= 7  # a stream drops less than a batch
    assert not counts[0] - whole


def test_evaluation_covers_every_split_once_in_the_same_order(name: str) -> None:
    wide = build(name, batch=7).splits
    narrow = build(name, batch=1).splits
    for part in ("train", "val", "test"):
        assert same(wide[part].eval_batches(), wide[part].eval_batches())
        assert targets(wide[part].eval_batches()) == targets(narrow[part].eval_batches())


def test_no_token_is_predicted_more_often_than_it_occurs(name: str) -> None:
    """Each token is in one split and predicted at most once."""
    dataset = build(name, batch=1)
    counted = Counter[str]()
    for split in dataset.splits.values():
        text_counts = targets(split.eval_batches())
        names = dataset.vocabulary.classes or dataset.vocabulary.tokens
        counted.update({names[i]: n for i, n in text_counts.items()})
        assert split.num_tokens >= 30
    there = Counter(dataset.vocabulary.split(TEXT))
    if dataset.vocabulary.classes:
        assert counted == Counter(str(len(text) % 3) for text in SENTENCES)
    # A sentence's first word has no space before it.
    assert all(
        num <= there[token] + there[f" {token}"]
        for token, num in counted.items()
        if not dataset.vocabulary.classes and not token.startswith("<")
    )


def test_a_limit_evaluates_the_first_tokens_only(train: Split) -> None:
    limited = list(train.eval_batches(max_tokens=200))
    assert 100 < sum(batch.num_read for batch in limited) <= 230
    assert not targets(limited) - targets(train.eval_batches())
    (smallest,) = train.eval_batches(max_tokens=1)
    assert len(smallest.inputs_BT) == 1


def test_pieces_cover_the_split_once_in_the_order_of_the_text(train: Split) -> None:
    """A model that learns while it reads may only have seen what comes before."""
    pieces = list(train.pieces(60))
    assert targets(pieces) == targets(train.eval_batches())
    # A shortened sentence has no target at its last place.
    assert all(piece.num_read > 60 - len(piece.inputs_BT) for piece in pieces[:-1])
    rows = [alone(piece, row) for piece in pieces for row in range(len(piece.inputs_BT))]
    finer = [alone(piece, row) for piece in train.pieces(1) for row in range(len(piece.inputs_BT))]
    assert _read(rows) == _read(finer)
    (whole,) = train.pieces(10**9)
    assert whole.num_read == sum(piece.num_read for piece in pieces)


def test_pieces_begin_at_a_fraction_of_the_split(train: Split) -> None:
    whole, half = list(train.pieces(1)), list(train.pieces(1, start=0.5))
    assert len(half) == len(whole) - len(whole) // 2
    assert _read(half) == _read(whole)[-len(_read(half)) :]
    assert half[0].is_start


def _read(batches: Iterable[Batch]) -> list[int]:
    """Return the inputs of batches one after another, without padding."""
    ids: list[int] = []
    for batch in batches:
        lengths = batch.lengths_B
        if lengths is None:
            lengths = (batch.targets != IGNORED).sum(axis=1)
        for row, length in zip(batch.inputs_BT, lengths, strict=True):
            ids += row[:length].tolist()
    return ids


def test_inputs_are_the_previous_targets(train: Split) -> None:
    """The inputs are the targets shifted by one: no token is read before it is predicted."""
    for batch in (*train.train_batches(1), *train.eval_batches()):
        if batch.lengths_B is None:
            kept = batch.targets[:, :-1] != IGNORED
            assert np.array_equal(batch.inputs_BT[:, 1:][kept], batch.targets[:, :-1][kept])


def test_different_corpora_have_different_fingerprints(name: str, tmp_path: Path) -> None:
    assert build(name).fingerprint == build(name, batch=3).fingerprint
    (tmp_path / "text.txt").write_text(TEXT[:-1] + "x.")
    write_documents(tmp_path / "documents.csv", [*SENTENCES[:-1], SENTENCES[-1] + "xxx"])
    assert build(name).fingerprint != prepare(config_of(name), tmp_path).fingerprint


def test_a_given_vocabulary_is_used_and_gives_the_same_batches(name: str) -> None:
    made = build(name)
    again = prepare(config_of(name), FOLDERS[-1], made.vocabulary)
    assert again.vocabulary is made.vocabulary
    for part, split in made.splits.items():
        assert same(split.eval_batches(), again.splits[part].eval_batches())
        assert split.chars_per_token == again.splits[part].chars_per_token
    assert (made.fingerprint, made.unit) == (again.fingerprint, again.unit)


def test_a_saved_vocabulary_is_loaded_unchanged(name: str, tmp_path: Path) -> None:
    made = build(name).vocabulary
    made.save(tmp_path / "vocabulary.json")
    assert type(made).load(tmp_path / "vocabulary.json") == made


def test_the_vocabulary_encodes_a_text_like_the_corpus(name: str) -> None:
    """A later prompt or document becomes the same tokens as in training."""
    dataset = build(name, length=400)
    vocabulary = dataset.vocabulary
    read = vocabulary.encode(vocabulary.normalise(SENTENCES[0].rstrip(".")))
    rows = [
        spelled(row)
        for split in dataset.splits.values()
        for batch in split.eval_batches()
        for row in batch.inputs_BT
    ]
    assert any(spelled(read) in row for row in rows)


def spelled(ids: Iterable[int]) -> str:
    return "".join(f" {i}," for i in ids)


def test_a_check_passes_what_can_be_prepared_and_refuses_what_cannot(
    name: str, tmp_path: Path
) -> None:
    check(config_of(name), FOLDERS[-1])
    (tmp_path / "text.txt").write_text("Un. Deux.")
    write_documents(tmp_path / "documents.csv", ["Un", "Deux"])
    messages = []
    for action in (check, prepare):
        with pytest.raises(BadInputError) as caught:
            action(config_of(name), tmp_path)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert messages[0].isprintable()


def test_a_task_reads_checks_and_builds(name: str) -> None:
    config = config_of(name)
    task: Task = registry.load("corpora/tasks", config.task)
    source = task.read(find_corpus(config.corpus, FOLDERS[-1]), config)
    task.check(source, config)
    assert task.build(source, None, config).fingerprint == build(name).fingerprint


def test_notes_have_the_size_of_the_text(name: str) -> None:
    dataset = build(name)
    assert dataset.notes
    assert all("\n" not in note and note for note in dataset.notes)


# With a model


class Uncut(Split):
    """A split for naive evaluation: a stream in one window, other texts alone, without padding."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self.num_tokens, self.chars_per_token = split.num_tokens, split.chars_per_token

    def num_batches(self) -> int:
        return self._split.num_batches()

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        return self._split.train_batches(epoch, start)

    def eval_batches(self, max_tokens: int = 0) -> Iterator[Batch]:
        batches = list(self._split.eval_batches(max_tokens))
        if not all(batch.is_start for batch in batches):
            inputs_1T, targets_1T = (
                np.concatenate(parts, axis=1)
                for parts in zip(*((b.inputs_BT, b.targets) for b in batches), strict=True)
            )
            yield Batch(inputs_1T, targets_1T, targets_1T.size, is_start=True)
            return
        for batch in batches:
            for row in range(len(batch.inputs_BT)):
                yield alone(batch, row)

    def pieces(self, size: int, start: float = 0.0) -> Iterator[Batch]:
        return self._split.pieces(size, start)


def alone(batch: Batch, row: int) -> Batch:
    """Return one row of a batch without its padding."""
    one = slice(row, row + 1)
    if batch.lengths_B is not None:
        length = int(batch.lengths_B[row])
        inputs_1T = batch.inputs_BT[one, :length]
        return Batch(inputs_1T, batch.targets[one], 1, True, batch.lengths_B[one])
    length = int((batch.targets[row] != IGNORED).sum())
    return Batch(batch.inputs_BT[one, :length], batch.targets[one, :length], length, is_start=True)


def test_the_mean_loss_does_not_depend_on_batch_or_window(name: str) -> None:
    dataset = build(name, length=200)
    model = build_model(config_of(name, hidden=8, dtype="float64"), dataset.vocabulary)
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-1, 1, generator=chance)
    for split in dataset.splits.values():
        result, wanted = evaluate(model, split), evaluate(model, Uncut(split))
        assert result.num_tokens == wanted.num_tokens
        # A sum over all tokens, in another order.
        assert_close(result.loss_nats, wanted.loss_nats, terms=result.num_tokens)
        assert result.accuracy == wanted.accuracy, "two scores differ by far more than rounding"
