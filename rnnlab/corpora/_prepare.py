"""Preparation of a run's dataset from its settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from rnnlab.base import registry
from rnnlab.corpora._built_in import floor_of
from rnnlab.corpora._dataset import Dataset
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._resolve import find_corpus
from rnnlab.corpora._vectors import check_vectors
from rnnlab.corpora._vocabulary import Vocabulary
from rnnlab.settings.run_config import RunConfig


class Task(Protocol):
    """The interface of a module in `corpora/tasks`; the type of its source is its own choice."""

    def read(self, file: Path, config: RunConfig, progress: Progress = silent) -> Any:
        """Return the source of a corpus file; raises BadInputError if it cannot be read or used.

        progress: called while a long corpus is read, here and later in `build`.
        """
        ...

    def check(self, source: Any, config: RunConfig) -> None:
        """Raise the errors of `build`, within seconds for a corpus of any size."""
        ...

    def build(self, source: Any, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
        """Return the dataset of a source; its tokens are counted if there is no vocabulary.

        Raises BadInputError if the corpus is too small for the settings.
        """
        ...


def prepare(
    config: RunConfig, data: Path | None = None, vocabulary: Vocabulary | None = None
) -> Dataset:
    """Return the dataset of a run; raises BadInputError if the corpus cannot be used.

    data: folder of corpora; None: the default one. vocabulary: of a trained model, in which case no
    vectors are read; None: count the tokens of the corpus and read the vectors of `config`.
    """
    task = _task(config)
    file = find_corpus(config.corpus, data)
    dataset = task.build(task.read(file, config), vocabulary, config)
    kind = vocabulary.kind if vocabulary else config.tokens
    alphabet = vocabulary.alphabet if vocabulary else config.alphabet
    return replace(dataset, floor=floor_of(file, config.task, kind, alphabet))


def check(config: RunConfig, data: Path | None = None, progress: Progress = silent) -> None:
    """Raise BadInputError if a run with these settings could not start.

    Reads the corpus and the vectors, but does not tokenise documents, which is slow.
    """
    check_vectors(config)
    task = _task(config)
    task.check(task.read(find_corpus(config.corpus, data), config, progress), config)


def _task(config: RunConfig) -> Task:
    return cast(Task, registry.load("corpora/tasks", config.task))
