"""Add a user's file or folder as a corpus: convert it to one file in the data folder.

A text becomes `NAME.txt`, UTF-8 with LF line ends; labelled documents become `NAME.csv` with the
columns split (if the source has splits), label and text. Memory does not grow with the text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO, TextIOWrapper
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import data_folder
from rnnlab.corpora._atomic import replacing
from rnnlab.corpora._built_in import made_names
from rnnlab.corpora._documents import Columns, Row, check_rows, document_rows
from rnnlab.corpora._encoding import (
    Encoding,
    Progress,
    detect_encoding,
    named_encoding,
    open_bytes,
    silent,
)
from rnnlab.corpora._files import ENDINGS, holds_documents, not_in
from rnnlab.corpora._folders import folder_documents, folder_texts, is_labelled_folder
from rnnlab.corpora._repair import Errors, Repairs
from rnnlab.corpora._sizes import SIZES
from rnnlab.corpora._unpacking import UNPACK_LIMIT, UnpackLimit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = frozenset({"split", "label", "text"})
"""Reserved columns; another column of the source with such a name gets the prefix `other_`."""


_LINE_ENDS = {"\r\n": "CRLF", "\r": "CR"}
"""Line ends of other systems -> their names."""


@dataclass(frozen=True)
class AddOptions:
    """The user's options for adding a file or folder."""

    encoding: str | None = None
    """Name of the encoding; None: detect it."""
    columns: Columns = field(default_factory=Columns)
    """Names of the columns of labelled documents."""
    is_replacing: bool = False
    """Whether to replace a corpus of the same name."""
    errors: Errors = "strict"
    """Treatment of bytes that are not valid in the encoding."""
    unpack_limit: UnpackLimit = UNPACK_LIMIT
    """Limit of the decompressed size."""


def add_corpus(
    name: str,
    source: Path,
    data: Path | None = None,
    wish: AddOptions = AddOptions(),
    progress: Progress = silent,
    block_chars: int = SIZES.block_chars,
) -> tuple[Path, list[str]]:
    """Add a file or folder as corpus `name`; return the new file and notes for the user.

    block_chars: characters to read at once. Raises BadInputError, and leaves no file behind, if the
    name or the source cannot be used; UnpackedSizeError if it decompresses to too much.
    """
    folder = data_folder(data)
    existing = check_name(name, folder, is_replacing=wish.is_replacing)
    _check_not_itself(source, existing)
    is_folder = check_source(source)
    repairs, limit = Repairs(wish.errors), wish.unpack_limit
    if is_folder and is_labelled_folder(source):
        rows, notes = folder_documents(source, wish.encoding, progress, repairs)
        file = _write_documents(folder / f"{name}.csv", rows, str(source))
    elif is_folder:
        texts, notes = folder_texts(source, wish.encoding, progress, repairs)
        file = _write_text(folder / f"{name}.txt", texts, str(source))
    else:
        if wish.encoding is None:
            encoding = detect_encoding(source, wish.errors, limit)
        else:
            encoding = named_encoding(wish.encoding)
        notes = [f"encoding: {encoding.name}"]
        if holds_documents(source):
            rows = document_rows(source, encoding.codec, wish.columns, progress, repairs, limit)
            file = _write_documents(folder / f"{name}.csv", rows, str(source))
        else:
            blocks = text_blocks(
                source, encoding, block_chars, progress, repairs, limit, notes.append
            )
            file = _write_text(folder / f"{name}.txt", blocks, str(source))
    for old in existing:
        if old != file:
            old.unlink(missing_ok=True)
    return file, [*notes, *repairs.notes()]


def check_source(source: Path) -> bool:
    """Return True if the source is a folder, False if it is a file.

    Raises BadInputError if the source does not exist or cannot be read.
    """
    try:
        is_folder, is_file = source.is_dir(), source.is_file()
    except OSError as error:
        raise BadInputError(f"cannot read {source}: {error.strerror or error}") from None
    if not is_folder and not is_file:
        raise BadInputError(
            f"there is no file or folder {str(source)!r}", "give the path of a file or folder"
        )
    return is_folder


def check_name(name: str, folder: Path, *, is_replacing: bool = False) -> list[Path]:
    """Return the existing files of the corpus `name` in a folder.

    Raises BadInputError if the name is not allowed or belongs to a built-in corpus, or if the
    corpus exists and `is_replacing` is False.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"{name!r} is not a valid name for a corpus",
            "use at most 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
        )
    if name in made_names():
        raise BadInputError(f"{name!r} is a built-in corpus", "choose another name")
    candidates = [folder / f"{name}{ending}" for ending in ENDINGS]
    existing = [file for file in candidates if file.exists()]
    if existing and not is_replacing:
        raise BadInputError(
            f"the corpus {name!r} already exists ({existing[0]})",
            "choose another name, or overwrite it with --replace",
        )
    return existing


def _check_not_itself(source: Path, existing: Iterable[Path]) -> None:
    """Raise BadInputError if a corpus would replace its own source, which would then be lost."""
    if any(source.exists() and file.samefile(source) for file in existing):
        raise BadInputError(
            f"{source} is the file of the corpus itself", "give the file from which it was made"
        )


def text_blocks(
    file: Path,
    encoding: Encoding,
    block_chars: int,
    progress: Progress = silent,
    repairs: Repairs | None = None,
    limit: UnpackLimit = UNPACK_LIMIT,
    note: Callable[[str], object] = str,
) -> Iterator[str]:
    """Yield the text of a file in blocks, with LF line ends, without a byte order mark.

    block_chars: maximum number of characters in a block. repairs: treatment of invalid bytes, by
    default an error. limit: of the decompressed size. note: called at the end with a line about
    converted line ends, if there are any. Raises BadInputError, with the number of the line, if the
    file is not in the encoding.
    """
    num_lines, repairs = 0, repairs or Repairs()
    with (
        open_bytes(file, progress, limit) as stream,
        TextIOWrapper(stream, encoding.codec, repairs.handler, newline=None) as text,
    ):
        reader = repairs.reading(text)
        try:
            while block := reader.read(block_chars):
                num_lines += block.count("\n")
                yield block
            if kinds := _converted(text.newlines):
                note(f"line ends: {kinds} converted to LF, {num_lines:,} lines")
        except UnicodeError:
            raise not_in(encoding.name, file, f" after line {num_lines + 1:,}") from None


def _converted(newlines: str | tuple[str, ...] | None) -> str:
    """Return the names of the line ends other than LF in a text: `CRLF and CR`; "" for none."""
    kinds = (newlines,) if isinstance(newlines, str) else newlines or ()
    return " and ".join(_LINE_ENDS[kind] for kind in _LINE_ENDS if kind in kinds)


def _write_text(file: Path, blocks: Iterable[str], source: str) -> Path:
    is_empty = True
    with replacing(file) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            for block in blocks:
                if "\0" in block:
                    raise BadInputError(f"{source} is a binary file", "give a text file")
                is_empty = is_empty and not block.strip()
                stream.write(block.encode("utf-8", "replace").decode("utf-8"))
        if is_empty:
            raise BadInputError(f"{source} is empty", "give a text file with some text in it")
    return file


def _write_documents(file: Path, rows: Iterable[Row], source: str) -> Path:
    with replacing(file) as part, part.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(table_lines(rows, source))
    return file


def table_lines(rows: Iterable[Row], source: str) -> Iterator[str]:
    """Yield the lines of a CSV table of documents: split (if known), label, other columns, text.

    Raises BadInputError after the last line if the documents cannot be used for training.
    """
    labels: Counter[str] = Counter()
    splits: Counter[str] = Counter()
    others: list[str] = []
    line = StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for row in rows:
        has_split = row.split is not None
        if not labels:
            others = list(row.others)
            renamed = [f"other_{o}" if o in _RESERVED else o for o in others]
            writer.writerow([*["split"] * has_split, "label", *renamed, "text"])
        labels[row.label] += 1
        splits.update([row.split] if row.split is not None else [])
        split = [row.split] * has_split
        writer.writerow([*split, row.label, *(row.others.get(o, "") for o in others), row.text])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    check_rows(source, labels, splits)
