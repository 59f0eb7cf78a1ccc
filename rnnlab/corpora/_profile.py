"""The profile of a corpus: its beginning, its statistics, and suggested settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import real_path
from rnnlab.corpora._built_in import floor_of, spec_of
from rnnlab.corpora._describe import DocumentsDescription, describe_documents
from rnnlab.corpora._documents import Documents, read_documents
from rnnlab.corpora._encoding import Progress
from rnnlab.corpora._files import holds_documents, reading
from rnnlab.corpora._floor import Floor
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._statistics import (
    SAMPLE_CHARS,
    CharCounts,
    DocumentsStatistics,
    TextStatistics,
    documents_statistics,
    text_statistics,
)
from rnnlab.corpora._tokens import normalise

BEGIN_CHARS = 600
_NUM_EXAMPLES = 6
_BLOCK_CHARS = 1 << 22


class Suggestion(NamedTuple):
    """Suggested task and settings for a first run on a corpus."""

    task: str
    settings: dict[str, Any]

    def command(self, corpus: str) -> list[str]:
        """Return the words of the command line that starts such a run."""
        options = [(f"--{k.replace('_', '-')}", str(v)) for k, v in self.settings.items()]
        words = ["rnnlab", "train", corpus, "--task", self.task]
        return words + [word for option in options for word in option]


@dataclass(frozen=True)
class CorpusProfile:
    """The profile of a corpus, which is either a text or a set of labelled documents."""

    file: Path
    begins: str
    """First characters of the text, or of the first document."""
    suggestion: Suggestion
    text: TextStatistics | None = None
    """Statistics of the text; None for documents."""
    documents: DocumentsStatistics | None = None
    """Statistics of the documents; None for a text."""
    described: DocumentsDescription | None = None
    """Numbers of documents by class and by split; None for a text."""
    examples: tuple[tuple[str, str], ...] = ()
    """Label and text of the first documents of each class."""
    floor: Floor | None = None
    """The floor for the suggested task; None if unknown."""

    def to_json(self) -> dict[str, Any]:
        """Return the profile as a JSON document."""
        figures = self.text or self.documents
        assert figures is not None
        return {
            "file": str(self.file),
            "num_chars": figures.num_chars,
            "num_distinct": figures.num_distinct,
            "begins": self.begins,
            **(self.described._asdict() if self.described else {}),
            **(
                {"documents": [{"label": a, "begins": b[:BEGIN_CHARS]} for a, b in self.examples]}
                if self.documents
                else {}
            ),
            "statistics": _plain(asdict(figures)),
            "suggestion": self.suggestion._asdict(),
            "floor": self.floor._asdict() if self.floor else None,
        }


def look_into(
    file: Path, progress: Progress | None = None, repairs: Repairs | None = None
) -> CorpusProfile:
    """Return the profile of a corpus file; memory does not grow with the length of a text.

    repairs: treatment of invalid bytes, by default an error. Raises BadInputError for a
    file that cannot be read or is not a corpus.
    """
    if holds_documents(file):
        profile = _documents_profile(file, repairs)
    else:
        profile = _text_profile(file, progress, repairs)
    floor = floor_of(file, profile.suggestion.task, "chars", "unicode")
    return replace(profile, floor=floor)


def _text_profile(file: Path, progress: Progress | None, repairs: Repairs | None) -> CorpusProfile:
    counts, sample = CharCounts(), ""
    with reading(file, progress=progress, repairs=repairs) as stream:
        while block := stream.read(_BLOCK_CHARS):
            if "\0" in block:
                raise BadInputError(f"{file} is a binary file", "give a text file")
            counts.add(block)
            if len(sample) < SAMPLE_CHARS:
                sample += block[: SAMPLE_CHARS - len(sample)]
    if not counts.distinct().strip():
        raise BadInputError(f"{file} is empty", "give a text file with some text in it")
    figures = text_statistics(counts, normalise(sample))
    return CorpusProfile(file, sample[:BEGIN_CHARS], _suggest(file, figures), text=figures)


def _documents_profile(file: Path, repairs: Repairs | None) -> CorpusProfile:
    documents = read_documents(file, repairs=repairs)
    figures = documents_statistics(documents.texts)
    examples = tuple((documents.labels[i], documents.texts[i]) for i in _examples(documents))
    length = max(20, min(400, int(figures.words.p95) + 1))
    settings: dict[str, Any] = {"cell": "gru", "length": length, "pooling": "max"}
    if len(documents) < 50_000:
        settings["dropout"] = 0.3
    return CorpusProfile(
        file,
        documents.texts[0][:BEGIN_CHARS],
        Suggestion("classify", settings | _needed(file)),
        documents=figures,
        described=describe_documents(documents),
        examples=examples,
    )


def _suggest(file: Path, figures: TextStatistics) -> Suggestion:
    """Return a suggestion: a task according to the layout of a text, a network to its size."""
    spec = spec_of(real_path(file))
    if spec is not None:
        return Suggestion(spec.corpus.task, {"cell": "lstm"} | _needed(file))
    sentences = figures.sentences
    are_sentences = sentences.num >= 500 and sentences.p95 <= 250
    is_laid_out = figures.num_lines > sentences.num / 2
    task = "sentences" if are_sentences and not is_laid_out else "stream"
    settings: dict[str, Any] = {"cell": "lstm"}
    if task == "sentences":
        settings["length"] = max(100, 10 * -(-int(sentences.p95) // 10))
    if figures.num_chars < 200_000:
        settings |= {"hidden": 128, "dropout": 0.3}
    elif figures.num_chars < 3_000_000:
        settings |= {"hidden": 256, "dropout": 0.2, "batch": 32}
    else:
        settings |= {"hidden": 512, "layers": 2, "batch": 64, "length": settings.get("length", 150)}
    settings |= {"schedule": "cosine"}
    return Suggestion(task, settings)


def _needed(file: Path) -> dict[str, Any]:
    """Return the settings whose defaults a built-in corpus changes; empty for other files."""
    spec = spec_of(real_path(file))
    return spec.corpus.settings(spec.options) if spec else {}


def _examples(documents: Documents) -> list[int]:
    """Return indices of the first documents of each class; files are often sorted by class."""
    num_each = max(1, _NUM_EXAMPLES // len(documents.classes))
    classes = documents.classes[:_NUM_EXAMPLES]
    of_class = ((i for i, label in enumerate(documents.labels) if label == c) for c in classes)
    return [i for places in of_class for i in islice(places, num_each)]


def _plain(value: Any) -> Any:
    """Return a value with all named tuples inside it as dictionaries; `asdict` keeps the tuples."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
