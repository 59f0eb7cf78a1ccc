"""From a run's settings to its dataset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from rnnlab.base import registry
from rnnlab.corpora._dataset import Dataset
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._generated import floor_of
from rnnlab.corpora._resolve import find_corpus
from rnnlab.corpora._vectors import check_vectors
from rnnlab.corpora._vocabulary import Vocabulary
from rnnlab.settings.run_config import RunConfig


class Task(Protocol):
    """What a module of `corpora/tasks` offers; what it reads is its own affair."""

    def read(self, file: Path, config: RunConfig, progress: Progress = silent) -> Any:
        """Read a corpus; raises BadInputError when it cannot be read or used.

        progress: told how far a long one has been read, by this and by what comes after it.
        """
        ...

    def check(self, source: Any, config: RunConfig) -> None:
        """Raise what `build` would raise, in seconds however large the corpus is."""
        ...

    def build(self, source: Any, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
        """Cut what was read into splits, its tokens counted where no vocabulary is given.

        Raises BadInputError when there is too little for the settings.
        """
        ...


def prepare(
    config: RunConfig, data: Path | None = None, vocabulary: Vocabulary | None = None
) -> Dataset:
    """Read the corpus of `config` and make it ready; raises BadInputError with one line.

    data: folder of corpora where it is not the default one. vocabulary: of a model already
    trained, whose vectors are its weights; by default tokens are counted and vectors read.
    """
    task = _task(config)
    file = find_corpus(config.corpus, data)
    dataset = task.build(task.read(file, config), vocabulary, config)
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    return replace(dataset, floor=floor_of(file, config.task, kind, alphabet))


def check(config: RunConfig, data: Path | None = None, progress: Progress = silent) -> None:
    """Raise BadInputError where a run with these settings could not begin: before it is made.

    The corpus is read; its documents, which may be many, are not yet cut into words.
    """
    check_vectors(config)
    task = _task(config)
    task.check(task.read(find_corpus(config.corpus, data), config, progress), config)


def _task(config: RunConfig) -> Task:
    return cast(Task, registry.load("corpora/tasks", config.task))
