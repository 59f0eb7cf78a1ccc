"""What every task owes the loop: the same batches every time, every token counted once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
import torch

from rnnlab import registry
from rnnlab.config import RunConfig
from rnnlab.corpora import Batch, Dataset, Split
from rnnlab.corpora._dataset import IGNORED
from rnnlab.corpora._prepare import Task
from rnnlab.models import build_model
from rnnlab.training import Evaluation, evaluate

NAMES = registry.names("corpora/tasks")


def make_text(num_sentences: int = 160) -> str:
    chance = random.Random(4)
    words = ["un", "deux", "trois", "quatre", "dix-sept", "mille et un"]
    lengths = [chance.randint(1, 12) for _ in range(num_sentences)]
    return " ".join(
        " ".join(chance.choice(words) for _ in range(n)) + chance.choice(".?!") for n in lengths
    )


TEXT = make_text()


def build(name: str, text: str = TEXT, /, **settings: object) -> Dataset:
    values = {"corpus": "none", "task": name, "batch": 7, "length": 30, "test_fraction": 0.1}
    task: Task = registry.load("corpora/tasks", name)
    return task.build(text, None, RunConfig.from_values({**values, **settings}))


def same(one: Iterable[Batch], other: Iterable[Batch]) -> bool:
    pairs = list(zip(one, other, strict=True))
    assert pairs
    return all(
        np.array_equal(a.inputs_BT, b.inputs_BT)
        and np.array_equal(a.targets_BT, b.targets_BT)
        and (a.num_tokens, a.is_start) == (b.num_tokens, b.is_start)
        for a, b in pairs
    )


def targets(batches: Iterable[Batch]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for batch in batches:
        counted.update(batch.targets_BT[batch.targets_BT != IGNORED].tolist())
    return counted


@pytest.fixture(params=NAMES)
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


def test_batches_do_not_depend_on_global_chance(name: str) -> None:
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
            assert batch.inputs_BT.shape == batch.targets_BT.shape
            assert batch.num_tokens == (batch.targets_BT != IGNORED).sum() > 0
        trained, measured = (sum(batch.num_tokens for batch in batches) for batches in passes)
        assert trained == split.num_tokens <= measured


def test_an_epoch_predicts_every_token_of_the_split_once(train: Split) -> None:
    counts = [targets(train.train_batches(epoch)) for epoch in (0, 1)]
    assert counts[0] == counts[1]
    whole = targets(train.eval_batches())
    assert sum((whole - counts[0]).values()) <= 7  # a stream drops less than a batch
    assert not counts[0] - whole


def test_measuring_covers_every_split_once_in_the_same_order(name: str) -> None:
    wide = build(name, batch=7).splits
    narrow = build(name, batch=1).splits
    for part in ("train", "val", "test"):
        assert same(wide[part].eval_batches(), wide[part].eval_batches())
        assert targets(wide[part].eval_batches()) == targets(narrow[part].eval_batches())


def test_splits_are_consecutive_parts_of_the_text(name: str) -> None:
    dataset = build(name, batch=1)
    counted = Counter[str]()
    for split in dataset.splits.values():
        text_counts = targets(split.eval_batches())
        counted.update({dataset.vocabulary.tokens[i]: n for i, n in text_counts.items()})
        assert split.num_tokens > 50
    # Each letter is in one split and predicted at most once.
    assert all(num <= TEXT.count(letter) for letter, num in counted.items() if len(letter) == 1)


def test_a_limit_measures_the_first_tokens_only(train: Split) -> None:
    limited = list(train.eval_batches(max_tokens=200))
    num_tokens = sum(batch.num_tokens for batch in limited)
    assert 100 < num_tokens <= 230
    assert not targets(limited) - targets(train.eval_batches())


def test_what_is_read_is_what_was_predicted_before(train: Split) -> None:
    """A batch's inputs are its targets moved by one place: nothing is seen before it is asked."""
    for batch in (*train.train_batches(1), *train.eval_batches()):
        kept = batch.targets_BT[:, :-1] != IGNORED
        assert np.array_equal(batch.inputs_BT[:, 1:][kept], batch.targets_BT[:, :-1][kept])


def test_the_fingerprint_tells_texts_apart(name: str) -> None:
    assert build(name).fingerprint == build(name, batch=3).fingerprint
    assert build(name).fingerprint != build(name, TEXT[:-1] + "x.").fingerprint


def test_notes_say_how_much_text_there_is(name: str) -> None:
    dataset = build(name)
    assert dataset.notes
    assert all("\n" not in note and note for note in dataset.notes)


def measure(name: str, **settings: object) -> Iterator[Evaluation]:
    """Measure one and the same model on a dataset cut by `settings`."""
    dataset = build(name, **settings)
    config = RunConfig.from_values({"corpus": "none", "hidden": 8, "dtype": "float64"})
    model = build_model(config, dataset.vocabulary)
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-1, 1, generator=random)
    return (evaluate(model, dataset.splits[part]) for part in ("train", "val", "test"))


def test_the_mean_loss_does_not_depend_on_batch_or_window(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    length = {"batch": 7, "length": 200}
    expected = list(measure(name, **length))
    module = registry.load("corpora/tasks", name)
    for constant, value in (("EVAL_WINDOW", 13), ("_EVAL_BATCH", 3)):
        if hasattr(module, constant):
            monkeypatch.setattr(module, constant, value)
    settings = {"batch": 2, "length": 200 if name == "sentences" else 11}
    for found, wanted in zip(measure(name, **settings), expected, strict=True):
        assert found.num_tokens == wanted.num_tokens
        assert found.loss_nats == pytest.approx(wanted.loss_nats, abs=1e-9)
        assert found.accuracy == wanted.accuracy
