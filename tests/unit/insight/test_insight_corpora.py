"""Which corpora are held between two looks, and whether they are still those of their runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Dataset, prepare
from rnnlab.insight import InspectedModel
from rnnlab.runs.paths import RunPaths
from tests.toys.models import make_model

TEXTS = {"old": "a bad cab. feed a dad.\n" * 40, "new": "babe fade a deaf bead.\n" * 40}


class Shelf:
    """Runs on one text file, and the corpora that are held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "text.txt"
        self.write("old")
        self._loaded = make_model(layers=1, corpus=str(self._file), length=10, batch=2)
        self._held: dict[str, Dataset] = {}

    def write(self, text: str) -> None:
        """Write one of the texts to the file."""
        self._file.write_text(TEXTS[text], encoding="utf-8")

    def prepared(self) -> Dataset:
        """Return the corpus as it stands on the disk."""
        return prepare(self._loaded.config, vocabulary=self._loaded.vocabulary)

    def begin(self, name: str = "run") -> None:
        """Begin a run with the corpus as it stands on the disk."""
        paths = RunPaths(self._folder / name)
        paths.root.mkdir(exist_ok=True)
        paths.corpus.write_text(json.dumps({"sha256": self.prepared().fingerprint}))

    def look(self, name: str = "run") -> Dataset:
        """Return the corpus that a look at a run sees."""
        paths = RunPaths(self._folder / name)
        return InspectedModel(paths, load=lambda: self._loaded, datasets=self._held).dataset


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_corpus_that_has_changed_is_not_looked_at(shelf: Shelf) -> None:
    shelf.begin()
    old = shelf.prepared()
    shelf.write("new")
    with pytest.raises(BadInputError, match="has changed since the run started; give a text"):
        shelf.look()
    shelf.write("old")
    assert shelf.look().fingerprint == old.fingerprint


def test_a_corpus_is_read_again_where_its_run_was_begun_anew(shelf: Shelf) -> None:
    shelf.begin()
    first = shelf.look()
    assert shelf.look() is first
    shelf.write("new")
    shelf.begin()
    assert shelf.look().fingerprint == shelf.prepared().fingerprint != first.fingerprint


def test_the_two_corpora_that_were_looked_at_last_are_held(shelf: Shelf) -> None:
    a, b = shelf.look("a"), shelf.look("b")
    assert shelf.look("a") is a
    c = shelf.look("c")
    assert shelf.look("a") is a
    assert shelf.look("c") is c
    assert shelf.look("b") is not b
