"""Take a user's file or folder in as a corpus: one file of a known form in the data folder.

A text becomes `NAME.txt`, UTF-8 with LF line ends; labelled documents become `NAME.csv` with the
columns split (where there are splits), label and text. Memory does not grow with the text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO, TextIOWrapper
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import data_folder
from rnnlab.corpora._atomic import replacing
from rnnlab.corpora._documents import Columns, Row, check_rows, document_rows
from rnnlab.corpora._encoding import (
    Encoding,
    Progress,
    detect_encoding,
    named_encoding,
    open_bytes,
    silent,
)
from rnnlab.corpora._files import ENDINGS, holds_documents
from rnnlab.corpora._folders import folder_documents, folder_texts, is_labelled_folder
from rnnlab.corpora._generated import made_names
from rnnlab.corpora._sizes import SIZES

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OURS = frozenset({"split", "label", "text"})
"""Columns that mean something; one of a user's that only has such a name is given another."""


@dataclass(frozen=True)
class AddOptions:
    """What the user says of a file, where it cannot be told from it."""

    encoding: str | None = None
    columns: Columns = field(default_factory=Columns)
    is_replacing: bool = False
    """Whether a corpus of that name gives way."""


def add_corpus(
    name: str,
    source: Path,
    data: Path | None = None,
    wish: AddOptions = AddOptions(),
    progress: Progress = silent,
    block_chars: int = SIZES.block_chars,
) -> tuple[Path, list[str]]:
    """Take a file or folder in as corpus `name`; return its file and what is worth saying.

    Raises BadInputError for what cannot be used; then nothing is left behind.
    """
    folder = data_folder(data)
    there = check_name(name, folder, is_replacing=wish.is_replacing)
    _check_not_itself(source, there)
    is_folder = check_source(source)
    if is_folder and is_labelled_folder(source):
        rows, notes = folder_documents(source, wish.encoding, progress)
        file = _write_documents(folder / f"{name}.csv", rows, str(source))
    elif is_folder:
        texts, notes = folder_texts(source, wish.encoding, progress)
        file = _write_text(folder / f"{name}.txt", texts, str(source))
    else:
        encoding = (
            detect_encoding(source) if wish.encoding is None else named_encoding(wish.encoding)
        )
        notes = [f"encoding: {encoding.name}"]
        if holds_documents(source):
            rows = document_rows(source, encoding.codec, wish.columns, progress)
            file = _write_documents(folder / f"{name}.csv", rows, str(source))
        else:
            blocks = text_blocks(source, encoding, block_chars, progress)
            file = _write_text(folder / f"{name}.txt", blocks, str(source))
    for old in there:
        if old != file:
            old.unlink(missing_ok=True)
    return file, notes


def check_source(source: Path) -> bool:
    """Tell whether what is to be taken in is a folder.

    Raises BadInputError where there is neither a file nor a folder, or it cannot be looked at.
    """
    try:
        is_folder, is_file = source.is_dir(), source.is_file()
    except OSError as error:
        raise BadInputError(f"cannot read {source}: {error.strerror}") from None
    if not is_folder and not is_file:
        raise BadInputError(f"no file and no folder named {str(source)!r}", "give the path of one")
    return is_folder


def check_name(name: str, folder: Path, *, is_replacing: bool = False) -> list[Path]:
    """Return the files that a corpus of that name has already.

    Raises BadInputError where the name cannot be that of a file, is one of ours, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"{name!r} cannot be a corpus's name",
            "use letters, digits, '.', '_' and '-', at most 64, the first a letter or digit",
        )
    if name in made_names():
        raise BadInputError(f"{name!r} is a corpus of rnnlab's own", "choose another name")
    there = [folder / f"{name}{ending}" for ending in ENDINGS]
    there = [file for file in there if file.exists()]
    if there and not is_replacing:
        raise BadInputError(
            f"a corpus named {name!r} is there already ({there[0]})",
            "choose another name, or --replace",
        )
    return there


def _check_not_itself(source: Path, there: Iterable[Path]) -> None:
    """Refuse to replace a corpus by its own file: what was not taken over would be lost."""
    if any(source.exists() and file.samefile(source) for file in there):
        raise BadInputError(f"{source} is the corpus itself", "give the file that it was made from")


def text_blocks(
    file: Path, encoding: Encoding, block_chars: int, progress: Progress = silent
) -> Iterator[str]:
    """Give the text of a file in blocks, line ends as LF, without a byte order mark.

    block_chars: length of a block, at most. Raises BadInputError, with the line, for bytes that are
    not in the encoding.
    """
    num_lines = 0
    with (
        open_bytes(file, progress) as stream,
        TextIOWrapper(stream, encoding=encoding.codec, newline=None) as text,
    ):
        try:
            while block := text.read(block_chars):
                num_lines += block.count("\n")
                yield block
        except UnicodeError:
            raise BadInputError(
                f"{file} is not {encoding.name} after line {num_lines + 1:,}",
                "say its encoding: --encoding NAME",
            ) from None


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
    """Give the lines of a table of documents: split, where it is known, label, others, text.

    Raises BadInputError, at their end, where nothing can be learnt from the documents.
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
            shown = [f"other_{o}" if o in _OURS else o for o in others]
            writer.writerow([*["split"] * has_split, "label", *shown, "text"])
        labels[row.label] += 1
        splits.update([row.split] if row.split is not None else [])
        split = [row.split] * has_split
        writer.writerow([*split, row.label, *(row.others.get(o, "") for o in others), row.text])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    check_rows(source, labels, splits)
