"""Descriptions of all available corpora, for the list of corpora."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from rnnlab.base import registry
from rnnlab.base.files import real_path
from rnnlab.corpora._built_in import parse_spec, spec_of
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._fetch import KIND, load_source, source_names
from rnnlab.corpora._resolve import corpus_names, place_of, suggested_task


class CorpusDescription(NamedTuple):
    """A row of the list of corpora."""

    name: str
    file: str | None
    """Path; None if there is no file yet."""
    size_bytes: int | None
    task: str
    """The suggested task; `vectors` for a file of word vectors."""
    floor_nats: float | None
    """Lowest achievable loss in nats per target, for a built-in corpus whose entropy is known."""
    summary: str
    floor_accuracy: float | None = None
    """Highest achievable accuracy (Bayes accuracy), for built-in labelled documents."""
    state: Literal["here", "made", "fetch"] = "here"
    """`here`: there is a file; `made`: generated on first use; `fetch`: can be downloaded."""
    licence: str = ""
    """Licence of a downloadable corpus."""
    options: dict[str, int] | None = None
    """Default of each option of a built-in corpus (`NAME:option=value`); None for files."""


class DocumentsDescription(NamedTuple):
    """Counts of labelled documents."""

    num_documents: int
    classes: dict[str, int]
    """Number of documents by class."""
    splits: dict[str, int]
    """Number of documents by split; empty if the file has no splits."""
    median_words: float
    """Median number of words (separated by white space) in a document."""


def describe_corpora(data: Path | None = None) -> list[CorpusDescription]:
    """Return first the user's files, then built-in, then downloadable corpora, sorted by name."""
    local = [_describe(name, data) for name in corpus_names(data)]
    local.sort(key=lambda corpus: (corpus.options is not None, corpus.name))
    names = {corpus.name for corpus in local}
    return local + [_describe_source(name) for name in source_names() if name not in names]


def describe_documents(documents: Documents) -> DocumentsDescription:
    """Return the number of documents by class and by split, and their median length in words."""
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
    spec = parse_spec(name) if file is None else spec_of(real_path(file))
    if file is not None and spec is None:
        task = suggested_task(file)
        summary = "your labelled documents" if task == "classify" else "your text file"
        return CorpusDescription(name, str(file), file.stat().st_size, task, None, summary)
    assert spec is not None
    task, floor = spec.corpus.task, spec.floor(spec.corpus.task)
    is_renamed = name != spec.name  # only a file of the user's: a copy of a shipped one
    summary = registry.summary("corpora", spec.name)
    return CorpusDescription(
        name,
        None if file is None else str(file),
        None if file is None else file.stat().st_size,
        task,
        floor.loss_nats if floor else None,
        f"a copy of {spec.name}: {summary}" if is_renamed else summary,
        floor.accuracy if floor else None,
        "made" if file is None else "here",
        "",
        None
        if is_renamed
        else {key: option.default for key, option in spec.corpus.options.items()},
    )
