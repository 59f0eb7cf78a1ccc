"""A look into a corpus: how it begins, its figures, and how to train on it to begin with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._describe import DocumentsDescription, describe_documents
from rnnlab.corpora._documents import Documents, read_documents
from rnnlab.corpora._encoding import Progress
from rnnlab.corpora._files import holds_documents, reading
from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import floor_of, spec_of
from rnnlab.corpora._statistics import (
    SAMPLE_CHARS,
    DocumentsStatistics,
    LetterCounts,
    TextStatistics,
    documents_statistics,
    text_statistics,
)
from rnnlab.corpora._tokens import normalise

BEGIN_CHARS = 600
_NUM_EXAMPLES = 6
_BLOCK_CHARS = 1 << 22


class Suggestion(NamedTuple):
    """How a corpus is trained on to begin with."""

    task: str
    settings: dict[str, Any]

    def command(self, corpus: str) -> list[str]:
        """Return the words of the command line that does it."""
        options = [(f"--{k.replace('_', '-')}", str(v)) for k, v in self.settings.items()]
        words = ["rnnlab", "train", corpus, "--task", self.task]
        return words + [word for option in options for word in option]


@dataclass(frozen=True)
class CorpusProfile:
    """What is seen of a corpus."""

    file: Path
    begins: str
    """Its first letters; of the first document, where it holds documents."""
    suggestion: Suggestion
    text: TextStatistics | None = None
    """None where it holds documents."""
    documents: DocumentsStatistics | None = None
    described: DocumentsDescription | None = None
    examples: tuple[tuple[str, str], ...] = ()
    """Label and text of the first documents of each class."""
    floor: Floor | None = None
    """What the best model reaches by the task suggested, where that is known."""

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON document."""
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


def look_into(file: Path, progress: Progress | None = None) -> CorpusProfile:
    """Return a look into the file of a corpus; its memory does not grow with a text.

    Raises BadInputError for a file that cannot be read, or is no corpus.
    """
    look = _look_into_documents(file) if holds_documents(file) else _look_into_text(file, progress)
    floor = floor_of(file, look.suggestion.task, "chars", "unicode")
    return replace(look, floor=floor)


def _look_into_text(file: Path, progress: Progress | None) -> CorpusProfile:
    counts, sample = LetterCounts(), ""
    with reading(file, progress=progress) as stream:
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


def _look_into_documents(file: Path) -> CorpusProfile:
    documents = read_documents(file)
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
    """Return a task by how a text is laid out, and a net by how much there is of it."""
    spec = spec_of(file.resolve())
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
    """Return the settings that a corpus of ours brings itself."""
    spec = spec_of(file.resolve())
    return spec.corpus.settings(spec.options) if spec else {}


def _examples(documents: Documents) -> list[int]:
    """Return the places of the first documents of each class: a file is often sorted by class."""
    num_each = max(1, _NUM_EXAMPLES // len(documents.classes))
    classes = documents.classes[:_NUM_EXAMPLES]
    of_class = ((i for i, label in enumerate(documents.labels) if label == c) for c in classes)
    return [i for places in of_class for i in islice(places, num_each)]


def _plain(value: Any) -> Any:
    """Return named tuples as objects, recursively: `asdict` leaves them as they are."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
