"""What corpora are there and what is in them, for people to look at before a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from rnnlab.base import registry
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._fetch import KIND, load_source, source_names
from rnnlab.corpora._generated import parse_spec, spec_of
from rnnlab.corpora._resolve import corpus_names, place_of, suggested_task


class CorpusDescription(NamedTuple):
    """A corpus in one row."""

    name: str
    file: str | None
    """None where it is made when it is first used."""
    size_bytes: int | None
    task: str
    """The task it is made for; `vectors` of words are for none."""
    floor_nats: float | None
    """The smallest expected loss, where the text is our own: its exact entropy a letter."""
    summary: str
    floor_accuracy: float | None = None
    """The largest expected accuracy (Bayes), where our own documents are classified."""
    state: Literal["here", "made", "fetch"] = "here"
    """A file that is there, one that is made when it is first used, one to be fetched."""
    licence: str = ""
    """Of what can be fetched."""
    options: dict[str, int] | None = None
    """What the corpus can be made with, `NAME:option=value`, and the defaults; None for files."""


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
    """Return files of the user's, then ours, then those that can be fetched, each by name."""
    here = [_describe(name, data) for name in corpus_names(data)]
    here.sort(key=lambda corpus: (corpus.options is not None, corpus.name))
    names = {corpus.name for corpus in here}
    return here + [_describe_source(name) for name in source_names() if name not in names]


def describe_documents(documents: Documents) -> DocumentsDescription:
    """Return how many documents there are of each kind and how long they are."""
    labels, splits = Counter(documents.labels), Counter(documents.splits)
    return DocumentsDescription(
        len(documents),
        {name: labels[name] for name in documents.classes},
        {name: splits[name] for name in ("train", "val", "test") if splits[name]},
        float(median(len(text.split()) for text in documents.texts)),
    )


def _describe_source(name: str) -> CorpusDescription:
    source = load_source(name)
    summary = registry.summary(KIND, name)
    return CorpusDescription(
        name, None, source.size_bytes, source.kind, None, summary, None, "fetch", source.licence
    )


def _describe(name: str, data: Path | None) -> CorpusDescription:
    file = place_of(name, data)
    if file is not None and spec_of(file.resolve()) is None:
        task = suggested_task(str(file))
        summary = "labelled documents of yours" if task == "classify" else "a text file of yours"
        return CorpusDescription(name, str(file), file.stat().st_size, task, None, summary)
    spec = parse_spec(name)
    assert spec is not None
    task, floor = spec.corpus.task, spec.floor(spec.corpus.task)
    return CorpusDescription(
        name,
        None if file is None else str(file),
        None if file is None else file.stat().st_size,
        task,
        floor.loss_nats if floor else None,
        registry.summary("corpora", name),
        floor.accuracy if floor else None,
        "made" if file is None else "here",
        "",
        {key: option.default for key, option in spec.corpus.options.items()},
    )
