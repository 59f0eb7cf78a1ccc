"""Settings, vocabulary and weights that a run has from its ancestor, and refused values."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

from rnnlab import submit
from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.base.files import replace_text
from rnnlab.corpora import Vocabulary
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit._warm_start import copy_initial_weights, find_ancestor

TEXT = "Le roi mange. Un pain est bon! Le bon roi a un pain? " * 40
SETTINGS: dict[str, Any] = {"corpus": "none", "task": "sentences", "cell": "gru", "hidden": 24}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A store with one run, at the checkpoints 0, 40 (the best) and 60 (the last)."""
    store = RunStore(tmp_path / "checkpoints")
    run = store.create("old", RunConfig.from_values(SETTINGS).to_toml())
    letters = "".join(sorted(set(TEXT.replace("\n", ""))))
    Vocabulary(("<eos>", *letters)).save(run.paths.vocabulary)
    for step in (0, 40, 60):
        run.paths.weights(step).write_bytes(b"weights of %d" % step)
    replace_text(run.paths.pointer("best"), "40\n")
    replace_text(run.paths.pointer("last"), "60\n")
    return store


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "text.txt"
    file.write_text(TEXT, encoding="utf-8")
    return file


def resolve(store: RunStore, text: Path, **values: object) -> RunConfig:
    return submit.checked_config({"corpus": str(text), "init_from": "old", **values}, None, store)


@pytest.mark.parametrize(
    ("name", "step"), [("old", 40), ("old@best", 40), ("old@last", 60), ("old@0", 0)]
)
def test_a_checkpoint_is_named_after_the_run(store: RunStore, name: str, step: int) -> None:
    assert find_ancestor(name, store).step == step


def test_a_run_may_be_named_by_its_folder(store: RunStore, tmp_path: Path) -> None:
    elsewhere = RunStore(tmp_path / "elsewhere")
    assert find_ancestor(str(store.root / "old"), elsewhere).step == 40


def test_without_a_best_checkpoint_the_last_one_is_the_ancestor(store: RunStore) -> None:
    store.open("old").paths.pointer("best").unlink()
    assert find_ancestor("old", store).step == 60


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("old@7", "'old' has no checkpoint 7; checkpoints: 0, 40, 60"),
        ("old@first", "'first' is not a checkpoint; use last, best or a step: 0, 40, 60"),
        ("old@live", "'live' is not a checkpoint; use last, best or a step: 0, 40, 60"),
        ("older", "unknown run 'older'; did you mean 'old'?"),
    ],
)
def test_a_missing_run_or_checkpoint_is_named(store: RunStore, name: str, message: str) -> None:
    with pytest.raises((BadInputError, UnknownNameError)) as caught:
        find_ancestor(name, store)
    assert message in str(caught.value)


def test_the_shape_is_inherited_and_the_checkpoint_recorded(store: RunStore, text: Path) -> None:
    config = resolve(store, text, lr=0.5)
    assert (config.task, config.cell, config.hidden, config.lr) == ("sentences", "gru", 24, 0.5)
    assert config.init_from == f"{(store.root / 'old').resolve()}@40"


def test_the_same_shape_may_be_given_again(store: RunStore, text: Path) -> None:
    assert resolve(store, text, hidden="24", cell="gru").hidden == 24


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden": 25}, "the weights of 'old' have hidden = 24, not 25; leave --hidden out"),
        ({"task": "stream"}, "have task = sentences, not stream"),
        ({"one_hot": True}, "leave --one-hot out"),
        ({"embeddings": "vectors.txt"}, "init_from and embeddings exclude each other"),
    ],
)
def test_another_shape_is_refused(
    store: RunStore, text: Path, values: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        resolve(store, text, **values)
    assert message in str(caught.value)


def test_a_character_unknown_to_the_weights_is_named(store: RunStore, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Le roi voit. " * 60, encoding="utf-8")
    with pytest.raises(BadInputError, match="never saw 'v'"):
        resolve(store, other)


def test_the_run_has_copies_and_does_not_need_its_ancestor(store: RunStore, text: Path) -> None:
    run: Run = store.create("new", "")
    copy_initial_weights(resolve(store, text), run)
    assert run.paths.initial_weights.read_bytes() == b"weights of 40"
    assert Vocabulary.load(run.paths.vocabulary) == Vocabulary.load(
        store.open("old").paths.vocabulary
    )


def test_the_form_gives_text(store: RunStore, text: Path) -> None:
    config = resolve(store, text, bidirectional="false", one_hot="False", layers="1")
    assert config.layers == 1


@pytest.mark.parametrize("name", ["~nobody-of-that-name/run", "a/\0b"])
def test_an_impossible_folder_is_bad_input(store: RunStore, name: str) -> None:
    with pytest.raises(BadInputError):
        find_ancestor(name, store)


def test_weights_deleted_meanwhile_are_bad_input(store: RunStore, text: Path) -> None:
    config = resolve(store, text)
    store.open("old").paths.weights(40).unlink()
    with pytest.raises(BadInputError, match="'old' at step 40 cannot be read"):
        copy_initial_weights(config, store.create("new", ""))


def test_a_full_disk_is_not_called_a_checkpoint_that_is_gone(
    store: RunStore, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    config, run = resolve(store, text), store.create("new", "")
    monkeypatch.setattr(shutil, "copyfileobj", fill)
    with pytest.raises(RnnlabError, match=r"'old' cannot be copied: the disk is full .*; free"):
        copy_initial_weights(config, run)
    assert not run.paths.initial_weights.exists()


@pytest.fixture
def classifier(store: RunStore) -> Run:
    """A run with two classes, pooled by their maximum."""
    settings = {"corpus": "none", "task": "classify", "pooling": "max", "part": "tail"}
    run = store.create("judge", RunConfig.from_values(settings).to_toml())
    words = ("<pad>", "<unk>", "fine", "dull")
    Vocabulary(words, "lowercase", classes=("bad", "good")).save(run.paths.vocabulary)
    run.paths.weights(0).write_bytes(b"weights")
    replace_text(run.paths.pointer("last"), "0\n")
    return run


@pytest.mark.usefixtures("classifier")
def test_a_classifier_passes_on_the_input_of_its_head(store: RunStore, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("label,text\n" + "good,fine\nbad,dull\n" * 20)
    config = submit.checked_config({"corpus": str(file), "init_from": "judge"}, None, store)
    assert (config.task, config.pooling, config.part) == ("classify", "max", "tail")
    file.write_text("label,text\n" + "sport,a match\nbad,dull\n" * 20)
    with pytest.raises(
        BadInputError, match="'judge' does not know the class 'sport'; its classes: bad, good"
    ):
        submit.checked_config({"corpus": str(file), "init_from": "judge"}, None, store)


def test_a_run_without_ancestor_has_no_initial_weights(store: RunStore) -> None:
    run = store.create("new", "")
    copy_initial_weights(RunConfig.from_values({"corpus": "none"}), run)
    assert not run.paths.initial_weights.exists()
    assert not run.paths.vocabulary.exists()


def test_documents_conflict_with_weights_that_read_a_text(store: RunStore, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("label,text\n" + "good,fine\nbad,dull\n" * 20)
    with pytest.raises(BadInputError, match="have task = sentences, not classify"):
        submit.checked_config({"corpus": str(file), "init_from": "old"}, None, store)
