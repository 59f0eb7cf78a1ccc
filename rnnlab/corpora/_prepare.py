"""Prepare the dataset of a run from its settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from rnnlab.base import registry
from rnnlab.corpora._built_in import floor_of
from rnnlab.corpora._dataset import Dataset
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._resolve import find_corpus
from rnnlab.corpora._vectors import check_vectors
from rnnlab.corpora._vocabulary import Vocabulary
from rnnlab.settings.run_config import RunConfig


class Task(Protocol):
    """The functions of a module in `corpora/tasks`; every task has a source type of its own."""

    def read(
        self,
        file: Path,
        config: RunConfig,
        progress: Progress = silent,
        repairs: Repairs | None = None,
    ) -> Any:
        """Return the content of a corpus file (the source); raises BadInputError if it is unusable.

        progress: called while a long corpus is read, here and later in `build`. repairs: treatment
        of invalid bytes, by default an error; it counts them here and in `build`.
        """
        ...

    def check(self, source: Any, config: RunConfig) -> None:
        """Raise the errors that `build` would raise, within seconds for a corpus of any size."""
        ...

    def build(self, source: Any, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
        """Return the dataset of a source; without a vocabulary, its tokens become the vocabulary.

        Raises BadInputError if the corpus is too small for the settings.
        """
        ...


def prepare(
    config: RunConfig,
    data: Path | None = None,
    vocabulary: Vocabulary | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Return the dataset of a run; raises BadInputError if the corpus cannot be used.

    data: folder of corpora; None: the default folder. vocabulary: that of a trained model, which
    needs no word vectors; None: make a vocabulary from the corpus, and read the word vectors that
    `config` names. progress: called with the bytes read and their total.
    """
    task = _task(config)
    file = find_corpus(config.corpus, data)
    repairs = Repairs(config.errors)
    dataset = task.build(task.read(file, config, progress, repairs), vocabulary, config)
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    floor = floor_of(file, config.task, kind, alphabet)
    return replace(dataset, floor=floor, notes=(*dataset.notes, *repairs.notes()))


def check(config: RunConfig, data: Path | None = None, progress: Progress = silent) -> None:
    """Raise BadInputError if a run with these settings could not start.

    Reads the corpus and the word vectors, but does not tokenise documents, because that is slow.
    """
    check_vectors(config)
    task = _task(config)
    repairs = Repairs(config.errors)
    task.check(task.read(find_corpus(config.corpus, data), config, progress, repairs), config)


def _task(config: RunConfig) -> Task:
    return cast(Task, registry.load("corpora/tasks", config.task))
