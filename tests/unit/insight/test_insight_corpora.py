"""Which corpora are held between two looks, and whether they are still those of their runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from rnnlab.corpora import Dataset
from rnnlab.errors import BadInputError
from rnnlab.insight import Subject, _subject
from rnnlab.models import LoadedModel
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.prompts import Inspect
from rnnlab.worker._desk import Desk, Models
from rnnlab.worker.answers import inspect as answers
from tests.toys.models import make_model


@dataclass
class Corpus:
    fingerprint: str


class Shelf:
    """Runs, and the corpora that stand on the disk."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = "old"
        self.num_read = 0
        self.held: dict[str, Dataset] = {}
        self._folder = folder
        self._loaded = make_model(layers=1)
        monkeypatch.setattr(_subject, "prepare", self._prepare)

    def _prepare(self, *_: object) -> Corpus:
        self.num_read += 1
        return Corpus(self.now)

    def subject(self, name: str = "run") -> Subject:
        return Subject(RunPaths(self._folder / name), load=self._load, datasets=self.held)

    def _load(self) -> LoadedModel:
        return self._loaded

    def begin(self, name: str = "run") -> None:
        """Begin a run with the corpus of now."""
        paths = RunPaths(self._folder / name)
        paths.root.mkdir(exist_ok=True)
        paths.corpus.write_text(json.dumps({"sha256": self.now}))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf(tmp_path, monkeypatch)


def test_a_corpus_that_has_changed_is_not_looked_at(shelf: Shelf) -> None:
    shelf.begin()
    shelf.now = "new"
    with pytest.raises(BadInputError, match="has changed since it began; give a text"):
        _ = shelf.subject().dataset
    assert not shelf.held
    shelf.now = "old"
    assert shelf.subject().dataset.fingerprint == "old"


def test_a_corpus_is_read_again_where_its_run_was_begun_anew(shelf: Shelf) -> None:
    shelf.begin()
    for _ in range(2):
        assert shelf.subject().dataset.fingerprint == "old"
    assert shelf.num_read == 1
    shelf.now = "new"
    shelf.begin()
    assert shelf.subject().dataset.fingerprint == "new"


def test_the_two_corpora_that_were_looked_at_last_are_held(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_datasets", shelf.held)
    monkeypatch.setattr(answers, "_subject", lambda _question, run, *_: shelf.subject(run))

    def look(subject: Subject, *_: object) -> list[object]:
        assert subject.dataset
        return []

    monkeypatch.setattr("rnnlab.insight.inspect", look)
    desk = Desk(Models(), lambda _reply: None, lambda _ask: False)
    for ask, run in enumerate(("a", "b", "a", "c")):
        answers.answer(Inspect(ask, run, "gates"), desk)
        assert len(shelf.held) <= 2
    assert [key.partition("\n")[0][-1] for key in shelf.held] == ["a", "c"]
