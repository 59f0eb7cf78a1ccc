"""Read labelled documents: tables (csv, tsv) and JSON lines, plain or gzipped.

A document has a `label`, a `text` and, in some files, a `split`. Other columns or keys are not used
for training.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TextIO, cast, get_args

from rnnlab.base.errors import BadInputError
from rnnlab.base.parsing import parse_json
from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._encoding import Progress
from rnnlab.corpora._files import DOCUMENT_ENDINGS, ending, reading
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._swallowed_rows import SwallowedRows
from rnnlab.corpora._tokens import normalise
from rnnlab.corpora._unpacking import UNPACK_LIMIT, UnpackLimit

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_LONGEST_FIELD = 2**31 - 1
"""Maximum number of characters in a csv field; the csv module's default is 131,072."""


@dataclass(frozen=True)
class Documents:
    """Labelled texts, in the order of their file."""

    texts: tuple[str, ...]
    """The texts, normalised to NFC, with LF line ends."""
    labels: tuple[str, ...]
    splits: tuple[SplitName, ...]
    """The split of each document; empty if the file has no splits."""
    classes: tuple[str, ...]
    """The distinct labels, sorted by value if all are integers, otherwise alphabetically."""

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, rows: Iterable[int]) -> Documents:
        """Return the documents at the given indices, with the same classes."""
        rows = list(rows)
        return Documents(
            tuple(self.texts[i] for i in rows),
            tuple(self.labels[i] for i in rows),
            tuple(self.splits[i] for i in rows) if self.splits else (),
            self.classes,
        )


class Columns(NamedTuple):
    """The names of the columns (or JSON keys) that hold label, text and split."""

    label: str = "label"
    text: str = "text"
    split: str = "split"


class Row(NamedTuple):
    """A document of a file; `line` is the number of its first line, counted from 1."""

    line: int
    label: str
    text: str
    split: str | None
    others: Mapping[str, str] = MappingProxyType({})
    """The other columns of a table, by name."""


def read_documents(
    file: Path, progress: Progress | None = None, repairs: Repairs | None = None
) -> Documents:
    """Return the documents of a csv, tsv or jsonl file, plain or gzipped.

    The first line of a table names its columns: `label`, `text`, optionally `split` (train, val,
    test) and any others; JSON lines are objects with the same keys. repairs: treatment of invalid
    bytes, by default an error. Raises BadInputError, with file and line, for an invalid document.
    """
    kind = ending(file)
    if kind not in DOCUMENT_ENDINGS:
        endings = " or ".join(DOCUMENT_ENDINGS)
        raise BadInputError(
            f"{file} is not a file of labelled documents",
            f"give a file with the ending {endings} (.gz may follow), or use --task stream",
        )
    texts: list[str] = []
    labels: list[str] = []
    splits: list[SplitName] = []
    for row in document_rows(file, progress=progress, repairs=repairs):
        if row.split is not None:
            splits.append(cast(SplitName, row.split))
        texts.append(normalise(row.text))
        labels.append(row.label)
    classes = check_rows(str(file), Counter(labels), Counter(splits))
    return Documents(tuple(texts), tuple(labels), tuple(splits), classes)


def read_texts(
    file: Path, progress: Progress | None = None, repairs: Repairs | None = None
) -> list[str]:
    """Return the texts of a file of documents, whose labels and splits may be missing.

    The format is that of `read_documents`. Raises BadInputError, with file and line, for an invalid
    document.
    """
    columns = Columns(label="text")  # the only column that has to exist
    rows = _json_rows if ending(file) == ".jsonl" else _table_rows
    newline = None if ending(file) == ".jsonl" else ""
    with reading(file, newline, progress=progress, repairs=repairs) as stream:
        return [row.text for row in rows(stream, file, columns)]


def document_rows(
    file: Path,
    codec: str = "utf-8-sig",
    columns: Columns = Columns(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
    repairs: Repairs | None = None,
    limit: UnpackLimit = UNPACK_LIMIT,
) -> Iterator[Row]:
    """Yield the documents of a file, with valid labels and splits.

    repairs, limit: as for `reading`. Raises BadInputError, with file and line, for an invalid
    document.
    """
    kind = ending(file)
    rows = _json_rows if kind == ".jsonl" else _table_rows
    newline = None if kind == ".jsonl" else ""
    with reading(file, newline, codec, progress, repairs, limit) as stream:
        for row in rows(stream, file, columns):
            label = row.label.strip()
            if not label:
                raise BadInputError(f"{file}, line {row.line}: the label is empty", "add a label")
            split = None if row.split is None else _split_name(row.split, file, row.line)
            yield row._replace(label=label, split=split)


def sort_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels, sorted by value if all are integers, else alphabetically."""
    distinct = set(labels)
    if all(_INTEGER.fullmatch(label) for label in distinct):
        return tuple(sorted(distinct, key=lambda label: (int(label), label)))
    return tuple(sorted(distinct))


def check_rows(
    source: str, labels: Mapping[str, int], splits: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the classes, given the number of documents per label and per split.

    Raises BadInputError if the documents cannot be used for training.
    """
    num, num_with_split = sum(labels.values()), sum(splits.values())
    if not num:
        raise BadInputError(f"{source} has no documents", "give a file with at least two documents")
    if splits and num_with_split != num:
        raise BadInputError(
            f"{source} names a split for {num_with_split:,} of its {num:,} documents",
            "name a split for all documents, or for none",
        )
    classes = sort_classes(labels)
    if len(classes) < 2:
        raise BadInputError(
            f"all documents of {source} have the label {classes[0]!r}", "give at least two classes"
        )
    if splits and "train" not in splits:
        raise BadInputError(
            f"{source} has no documents in the train split",
            "add documents of the split `train`, or remove all splits",
        )
    return classes


def _split_name(split: str, file: Path, line: int) -> SplitName:
    name = split.strip()
    if name not in get_args(SplitName):
        raise BadInputError(
            f"{file}, line {line}: unknown split {name!r}", "use train, val or test"
        )
    return cast(SplitName, name)


def _table_rows(stream: TextIO, file: Path, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a csv or tsv file."""
    with _long_fields():
        first = stream.readline()
        delimiter = _delimiter(first, file, columns)
        reader = csv.reader(chain([first], stream), delimiter=delimiter, strict=True)
        line = 1
        try:
            header = [name.strip() for name in next(reader, [])]
            label, text, split = _column_indices(header, file, columns)
            rest = [i for i in range(len(header)) if i not in (label, text, split)]
            line = reader.line_num + 1
            swallowed = SwallowedRows(delimiter, len(header), label)
            for fields in reader:
                if fields and len(fields) != len(header):
                    raise BadInputError(
                        f"{file}, line {line}: {len(fields)} fields, but the first line "
                        f"names {len(header)}",
                        "quote texts that contain a separator or a line end",
                    )
                if fields:
                    if label != text:
                        swallowed.add(fields, line, reader.line_num)
                    split_name = None if split is None else fields[split]
                    others = {header[i]: fields[i] for i in rest}
                    yield Row(line, fields[label], fields[text], split_name, others)
                line = reader.line_num + 1
            swallowed.check(file)
        except csv.Error as error:
            raise BadInputError(
                f"{file}, line {line}: {error}",
                'put the text in quotes and double each quote within it: ""',
            ) from None


def _delimiter(first: str, file: Path, columns: Columns) -> str:
    """Return the delimiter of a table, judged by its header; default: a comma (in .tsv: a tab)."""
    default = "\t" if ending(file) == ".tsv" else ","
    for delimiter in (default, ";", "\t", ","):
        names = [name.strip().strip('"') for name in first.split(delimiter)]
        if columns.label in names and columns.text in names:
            return delimiter
    return default


def _column_indices(
    header: Sequence[str], file: Path, columns: Columns
) -> tuple[int, int, int | None]:
    """Return the indices of label, text and split in a row."""
    if not any(header):
        raise BadInputError(f"{file} is empty", "begin it with the names of its columns")
    for option, name in (("label", columns.label), ("text", columns.text)):
        if name not in header:
            names = ", ".join(repr(column[:40]) for column in header[:8])
            hint = f"rename a column, or use `rnnlab corpora add NAME FILE --{option} COLUMN`"
            if columns.label == columns.text:
                hint = f"name the column of the texts {name!r}"
            raise BadInputError(f"{file}, line 1: no column {name!r} among {names}", hint)
    split = header.index(columns.split) if columns.split in header else None
    return header.index(columns.label), header.index(columns.text), split


def _json_rows(stream: TextIO, file: Path, columns: Columns) -> Iterator[Row]:
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield _json_row(line, number, file, columns)


def _json_row(line: str, number: int, file: Path, columns: Columns) -> Row:
    place = f"{file}, line {number}"
    keys = ", ".join(f'"{key}": ...' for key in dict.fromkeys((columns.label, columns.text)))
    hint = f"write one {{{keys}}} per line"
    try:
        row: Any = parse_json(line)
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BadInputError(f"{place} is not valid JSON: {reason}", hint) from None
    if not isinstance(row, Mapping):
        raise BadInputError(f"{place} is not a JSON object", hint)
    for key in (columns.label, columns.text):
        if key not in row:
            raise BadInputError(f"{place}: no key {key!r}", hint)
    label, text, split = row[columns.label], row[columns.text], row.get(columns.split)
    if isinstance(label, bool) or not isinstance(label, str | int):
        raise BadInputError(f"{place}: the label is neither a string nor an integer", hint)
    if not isinstance(text, str):
        raise BadInputError(f"{place}: the text is not a string", hint)
    split_name = None if split is None else str(split)
    return Row(number, _without_surrogates(str(label)), _without_surrogates(text), split_name)


def _without_surrogates(text: str) -> str:
    """Return a text without unpaired surrogates, which JSON may contain but UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def _long_fields() -> Iterator[None]:
    """Allow csv fields of any length in this block; the csv module's limit is process-wide."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
