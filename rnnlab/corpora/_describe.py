"""What corpora are there and what is in them, for people to look at before a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rnnlab import registry
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._text import corpus_names, find_corpus, suggested_task


class CorpusDescription(NamedTuple):
    """A corpus in one row."""

    name: str
    file: str
    size_bytes: int
    task: str
    """The task it is made for."""
    floor_nats: float | None
    """The text's exact entropy a letter, where a grammar of ours made it."""
    summary: str


class DocumentsDescription(NamedTuple):
    """Labelled documents at a glance."""

    num_documents: int
    classes: dict[str, int]
    """Documents of each class."""
    splits: dict[str, int]
    """Documents of each split; empty where the file names none."""
    median_words: float
    """Words of a document in the middle, told apart by white space."""


def describe_corpora(data: Path | None = None) -> list[CorpusDescription]:
    """Return all corpora that are there, by name."""
    return [_describe(name, find_corpus(name, data)) for name in corpus_names(data)]


def describe_documents(documents: Documents) -> DocumentsDescription:
    """Return how many documents there are of each kind and how long they are."""
    labels, splits = Counter(documents.labels), Counter(documents.splits)
    return DocumentsDescription(
        len(documents),
        {name: labels[name] for name in documents.classes},
        {name: splits[name] for name in ("train", "val", "test") if splits[name]},
        float(median(len(text.split()) for text in documents.texts)),
    )


def _describe(name: str, file: Path) -> CorpusDescription:
    task = suggested_task(name, file)
    floor = None
    summary = "labelled documents of yours" if task == "classify" else "a text file of yours"
    if name in registry.names("corpora") and task != "classify":
        floor = float(registry.load("corpora", name).entropy_nats_per_letter())
        summary = registry.summary("corpora", name)
    return CorpusDescription(name, str(file), file.stat().st_size, task, floor, summary)
