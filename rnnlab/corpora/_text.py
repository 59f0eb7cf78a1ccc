"""Find a corpus by name or path and read its text."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import NamedTuple

from rnnlab import registry
from rnnlab.errors import BadInputError
from rnnlab.locations import data_folder, shipped_folder


def find_corpus(corpus: str, data: Path | None = None) -> Path:
    """Return the file of a corpus: a path, a name in the data folder or a shipped one.

    Raises BadInputError with the names that are known.
    """
    if not corpus.strip() or "\0" in corpus:
        raise BadInputError("the corpus has no name", "give a corpus or the path of a text file")
    folders = (data_folder(data), shipped_folder() / "data")
    try:
        if Path(corpus).name == corpus:
            for folder in folders:
                file = folder / f"{corpus}.txt"
                if file.is_file():
                    return file
        file = Path(corpus).expanduser()
        if file.is_file():
            return file.resolve()
        if file.is_dir():
            raise BadInputError(f"{corpus} is a folder", "give a text file")
    except OSError as error:
        raise BadInputError(f"cannot read {corpus}: {error.strerror}") from None
    except RuntimeError:
        raise BadInputError(f"there is no home folder for {corpus}", "give a whole path") from None
    known = ", ".join(corpus_names(data))
    raise BadInputError(f"no corpus and no file named {corpus!r}", f"corpora: {known}")


def corpus_names(data: Path | None = None) -> list[str]:
    """Return the names of all corpora that are there."""
    folders = (data_folder(data), shipped_folder() / "data")
    return sorted({file.stem for folder in folders for file in folder.glob("*.txt")})


def shown_name(corpus: str) -> str:
    """Return a short name for a corpus: a file's name without folder and ending."""
    return Path(corpus).stem


def suggested_task(corpus: str) -> str:
    """Return the task that a shipped corpus is made for, `stream` for any other text."""
    if corpus in registry.names("corpora"):
        return str(registry.load("corpora", corpus).TASK)
    return "stream"


def read_corpus(file: Path, limit_chars: int | None = None) -> str:
    """Return a file's text: UTF-8 (a byte order mark is dropped), line ends as LF, composed (NFC).

    limit_chars: read the first so many characters only, in memory bounded by them.
    Raises BadInputError when the file cannot be read, is not UTF-8, binary or empty.
    """
    try:
        with file.open(encoding="utf-8-sig", newline=None) as stream:
            text = stream.read(-1 if limit_chars is None else limit_chars)
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{file} is not UTF-8 (byte 0x{error.object[error.start]:02x})", "convert it first"
        ) from None
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    if not text.strip():
        raise BadInputError(f"{file} is empty", "give a text file with some text in it")
    if "\0" in text:
        raise BadInputError(f"{file} is a binary file", "give a text file")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


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


def describe_corpora(data: Path | None = None) -> list[CorpusDescription]:
    """Return all corpora that are there, by name."""
    return [_describe(name, find_corpus(name, data)) for name in corpus_names(data)]


def _describe(name: str, file: Path) -> CorpusDescription:
    floor, summary = None, "a text file of yours"
    if name in registry.names("corpora"):
        floor = float(registry.load("corpora", name).entropy_nats_per_letter())
        summary = registry.summary("corpora", name)
    return CorpusDescription(
        name, str(file), file.stat().st_size, suggested_task(name), floor, summary
    )
