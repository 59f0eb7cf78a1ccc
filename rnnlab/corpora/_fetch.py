"""Fetch a known corpus: from the network, or from a file that the user has downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, cast

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import data_folder
from rnnlab.corpora._atomic import replacing
from rnnlab.corpora._documents import read_documents
from rnnlab.corpora._download import STALL_S, download
from rnnlab.corpora._encoding import Progress, silent
from rnnlab.corpora._files import ENDINGS, holds_documents
from rnnlab.corpora._resolve import find_corpus, read_corpus
from rnnlab.corpora._source import Output, Request, Source, form_of
from rnnlab.corpora._tokens import split_tokens

KIND = "corpora/sources"
_DOWNLOADS = ".fetch"
"""Folder for downloads, in the data folder."""


class Fetched(NamedTuple):
    """A fetched corpus: its file in the data folder, its source, and notes for the user."""

    file: Path
    source: Source
    notes: tuple[str, ...]


def source_names() -> tuple[str, ...]:
    """Return the names of the corpora that can be fetched."""
    return registry.names(KIND)


def load_source(name: str) -> Source:
    """Return the source of a downloadable corpus; raises UnknownNameError."""
    return cast(Source, registry.load(KIND, name).SOURCE)


def fetch_corpus(
    name: str,
    data: Path | None = None,
    local: Path | None = None,
    request: Request = Request(),  # noqa: B008 (frozen)
    progress: Progress = silent,
    *,
    is_replacing: bool = False,
    stall_s: float = STALL_S,
) -> Fetched:
    """Fetch a known corpus into the data folder, atomically.

    local: a file that the user has downloaded, in any form of the corpus; None: download it.
    stall_s: timeout for the next bytes, in seconds. Raises BadInputError if the file is not the
    expected one or cannot be read, or if the corpus exists and `is_replacing` is False; RnnlabError
    if the network fails.
    """
    source = load_source(name)
    folder = data_folder(data)
    _check_absent(name, source, folder, is_replacing=is_replacing)
    archive = local
    if archive is None:
        archive = folder / _DOWNLOADS / source.archive_name
        form = source.forms[0]
        url, known = source.url, f"sha256:{form.sha256}"
        download(url, archive, known, source.size_bytes, progress, stall_s)
    else:
        form = form_of(source, archive)
    output = form.read(archive, request)
    file = folder / output.file_name
    if file.exists() and not is_replacing:
        raise BadInputError(f"{file} already exists", "overwrite it with --replace")
    _write(output, file)
    check = "its hash is correct" if form.sha256 else "its hash is not checked"
    notes = [f"from {archive}; {check}"]
    if local is None and source.keeps_archive:
        notes.append(f"kept {archive}, which contains more than was extracted")
    elif local is None:
        archive.unlink(missing_ok=True)
    return Fetched(file, source, tuple(notes))


def words_of(corpus: str, data: Path | None) -> frozenset[str]:
    """Return the words of a corpus that need word vectors: as written, and in lower case."""
    file = find_corpus(corpus, data)
    texts = read_documents(file).texts if holds_documents(file) else (read_corpus(file),)
    words: set[str] = set()
    for text in texts:
        words.update(split_tokens(text, "lowercase"))
        if not holds_documents(file):
            words.update(token.strip() for token in split_tokens(text, "words"))
    return frozenset(words)


def wanted_words(data: Path | None) -> tuple[frozenset[str] | None, str]:
    """Return the words of all labelled documents in the data folder, and a description of them.

    If there are no documents, the words are None, which stands for all words.
    """
    files: Iterable[Path] = sorted(data_folder(data).glob("[!.]*"))
    names = sorted({f.name.partition(".")[0] for f in files if holds_documents(f)})
    if not names:
        return None, "all words"
    words = frozenset[str]().union(*(words_of(name, data) for name in names))
    return words, f"the words of {', '.join(names)}"


def _check_absent(name: str, source: Source, folder: Path, *, is_replacing: bool) -> None:
    if is_replacing or source.kind == "vectors":
        return
    for ending in ENDINGS:
        file = folder / f"{name}{ending}"
        if file.exists():
            raise BadInputError(f"{name!r} already exists ({file})", "overwrite it with --replace")


def _write(output: Output, file: Path) -> None:
    is_empty = True
    with replacing(file) as temporary:
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            for block in output.blocks:
                is_empty = is_empty and not block.strip()
                stream.write(block)
        if is_empty:
            raise BadInputError(f"the source of {file.name} contains no text", "fetch it again")
