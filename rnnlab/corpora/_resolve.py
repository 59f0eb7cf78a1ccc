"""Find a corpus by its name or path, and read its text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.files import real_path
from rnnlab.base.locations import data_folder, shipped_folder
from rnnlab.base.names import did_you_mean
from rnnlab.corpora._built_in import made_file, made_names, parse_spec, spec_of
from rnnlab.corpora._files import ENDINGS, bare_name, holds_documents, reading
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._tokens import normalise

VECTORS = re.compile(r"glove\..*d\.txt(\.gz)?")
"""Matches the names of files with word vectors; they are in the data folder, but not corpora."""
_BLOCK = 2**20
"""Maximum number of characters read at a time."""


def find_corpus(corpus: str, data: Path | None = None) -> Path:
    """Return the file of a corpus: a path, a name in the data folder, or a built-in corpus's spec.

    Generates a built-in corpus that is not shipped. Raises BadInputError, which lists the known
    names, if there is no such corpus.
    """
    if not corpus.strip() or "\0" in corpus:
        raise BadInputError(
            "the name of the corpus is empty", "give the name of a corpus or the path of a file"
        )
    try:
        if Path(corpus).name == corpus:
            if file := place_of(corpus, data):
                return file
            if spec := parse_spec(corpus):
                return made_file(spec)
        file = Path(corpus).expanduser()
        if file.is_file():
            return real_path(file)
        if file.is_dir():
            raise BadInputError(f"{corpus} is a folder", "give a text file")
    except OSError as error:
        raise BadInputError(f"cannot read {corpus}: {error.strerror or error}") from None
    except RuntimeError:
        raise BadInputError(
            f"there is no home folder for {corpus}", "give an absolute path"
        ) from None
    known = corpus_names(data)
    hint = did_you_mean(corpus, known, f"corpora: {', '.join(known)}")
    if (name := bare_name(corpus)) in registry.names("corpora/sources"):
        hint = f"fetch it with `rnnlab corpora fetch {name}`"
    raise BadInputError(f"there is no corpus or file {corpus!r}", hint)


def place_of(name: str, data: Path | None = None) -> Path | None:
    """Return the file of a corpus in the data folder, else the shipped file, else None."""
    for folder in (data_folder(data), shipped_folder() / "data"):
        for ending in ENDINGS:
            file = folder / f"{name}{ending}"
            if file.is_file():
                return file
    return None


def corpus_names(data: Path | None = None) -> list[str]:
    """Return the names of all corpora that are in the data folder, shipped or built-in, sorted."""
    folders = (data_folder(data), shipped_folder() / "data")
    names = {name for folder in folders for name in _names_in(folder)}
    return sorted(names | set(made_names()))


def _names_in(folder: Path) -> Iterator[str]:
    """Yield the names of the corpora in a folder, in one pass: it may have 100,000 other files."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                ends = [end for end in ENDINGS if entry.name.endswith(end)]
                is_corpus = ends and entry.name[0] != "." and not VECTORS.fullmatch(entry.name)
                if is_corpus and entry.is_file():
                    yield from (entry.name.removesuffix(end) for end in ends)
    except OSError:
        return


def shown_name(corpus: str) -> str:
    """Return a short name for a corpus: its spec, or the file's name without folder and ending."""
    return bare_name(corpus)


def suggested_task(file: Path) -> str:
    """Return the task that suits a file of the user's: `classify` for documents, else `stream`."""
    return "classify" if holds_documents(file) else "stream"


def suits(corpus: str, data: Path | None = None) -> dict[str, Any]:
    """Return the task and the other defaults that suit a corpus, without generating its text.

    Raises BadInputError if there is no such corpus.
    """
    spec = parse_spec(corpus) if Path(corpus).name == corpus else None
    if spec is not None and not _has_file(corpus, data):
        return {"task": spec.corpus.task, **spec.corpus.settings(spec.options)}
    file = find_corpus(corpus, data)
    spec = spec_of(real_path(file))
    if spec is None:
        return {"task": suggested_task(file)}
    return {"task": spec.corpus.task, **spec.corpus.settings(spec.options)}


def _has_file(name: str, data: Path | None) -> bool:
    try:
        return place_of(name, data) is not None
    except OSError:  # too long for the name of a file
        return False


def lasting_name(corpus: str, data: Path | None = None) -> str:
    """Return a name that is valid everywhere: a built-in corpus's spec, or the absolute path.

    A copy of a shipped corpus has the shipped one's name if its file has that name, too.
    """
    file = real_path(find_corpus(corpus, data))
    spec = spec_of(file)
    if spec is None or file.stem != str(spec):
        return str(file)
    is_same = spec_of(real_path(find_corpus(str(spec)))) == spec
    return str(spec) if is_same else str(file)


def read_corpus(file: Path, limit_chars: int | None = None, repairs: Repairs | None = None) -> str:
    """Return the text of a UTF-8 file, without a byte order mark, with LF line ends, in NFC.

    limit_chars: read only the first N characters, with memory bounded by N. repairs: treatment of
    invalid bytes, by default an error. Raises BadInputError if the file cannot be read, is not
    UTF-8, or is binary or empty.
    """
    with reading(file, repairs=repairs) as stream:
        text = stream.read() if limit_chars is None else _read_at_most(stream, limit_chars)
    if not text.strip():
        raise BadInputError(f"{file} is empty", "give a text file with some text in it")
    if "\0" in text:
        raise BadInputError(f"{file} is a binary file", "give a text file")
    return normalise(text)


def _read_at_most(stream: TextIO, num: int) -> str:
    """Return the first `num` characters; the stream would reserve memory for all of them."""
    blocks = []
    while num > 0 and (block := stream.read(min(num, _BLOCK))):
        blocks.append(block)
        num -= len(block)
    return "".join(blocks)
