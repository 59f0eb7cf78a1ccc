"""From a run's settings to its dataset."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol, cast

from rnnlab import registry
from rnnlab.config import RunConfig
from rnnlab.corpora._dataset import Dataset
from rnnlab.corpora._text import find_corpus, read_corpus
from rnnlab.corpora._vocabulary import Vocabulary


class Task(Protocol):
    """What a module of `corpora/tasks` offers."""

    def build(self, text: str, vocabulary: Vocabulary | None, config: RunConfig) -> Dataset:
        """Cut a text into splits, its letters counted where no vocabulary is given.

        Raises BadInputError when the text is too short for the settings.
        """
        ...


def prepare(
    config: RunConfig, data: Path | None = None, vocabulary: Vocabulary | None = None
) -> Dataset:
    """Read the corpus of `config` and make it ready; raises BadInputError with one line.

    data: folder of corpora where it is not the default one. vocabulary: of a model already
    trained; by default the letters are counted.
    """
    text = read_corpus(find_corpus(config.corpus, data), config.limit_chars)
    task = cast(Task, registry.load("corpora/tasks", config.task))
    return task.build(text, vocabulary, config)


def fingerprint(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
