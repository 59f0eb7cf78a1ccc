"""Read labelled documents: tables (csv, tsv) and JSON lines, plain or gzipped.

A document has a `label`, a `text` and, in some files, a `split`; whatever else a file says of it is
left aside.
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
from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._encoding import Progress
from rnnlab.corpora._files import DOCUMENT_ENDINGS, ending, reading
from rnnlab.corpora._tokens import normalise

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_LONGEST_FIELD = 2**31 - 1
"""Letters of a csv field; the csv module stops at 131,072 by default."""


@dataclass(frozen=True)
class Documents:
    """Labelled texts, in the order of their file."""

    texts: tuple[str, ...]
    """Composed (NFC), line ends as LF."""
    labels: tuple[str, ...]
    splits: tuple[SplitName, ...]
    """The part each document belongs to; empty where the file does not say."""
    classes: tuple[str, ...]
    """The distinct labels of the file, sorted; as numbers where all are integers."""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Iterable[int]) -> Documents:
        """Return some of the documents; the classes stay."""
        rows = list(rows)
        return Documents(
            tuple(self.texts[i] for i in rows),
            tuple(self.labels[i] for i in rows),
            tuple(self.splits[i] for i in rows) if self.splits else (),
            self.classes,
        )


class Columns(NamedTuple):
    """How the columns, or keys, of a file are called that hold what a document is."""

    label: str = "label"
    text: str = "text"
    split: str = "split"


class Row(NamedTuple):
    """A document as it stands in its file."""

    line: int
    label: str
    text: str
    split: str | None
    others: Mapping[str, str] = MappingProxyType({})
    """What the other columns of a table say."""


def read_documents(file: Path, progress: Progress | None = None) -> Documents:
    """Return the documents of a csv, tsv or jsonl file, also gzipped.

    A table's first line names its columns: `label` and `text`, also `split` (train, val, test) and
    any others; JSON lines hold objects with the same keys. Raises BadInputError with file, line and
    what to do.
    """
    kind = ending(file)
    if kind not in DOCUMENT_ENDINGS:
        endings = ", ".join(DOCUMENT_ENDINGS)
        raise BadInputError(
            f"{file} holds no labelled documents by its name",
            f"give a file that ends in one of {endings} (also .gz), or use --task stream",
        )
    texts: list[str] = []
    labels: list[str] = []
    splits: list[SplitName] = []
    for row in document_rows(file, progress=progress):
        if row.split is not None:
            splits.append(cast(SplitName, row.split))
        texts.append(normalise(row.text))
        labels.append(row.label)
    classes = check_rows(str(file), Counter(labels), Counter(splits))
    return Documents(tuple(texts), tuple(labels), tuple(splits), classes)


def document_rows(
    file: Path,
    codec: str = "utf-8-sig",
    columns: Columns = Columns(),  # noqa: B008 (frozen)
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Give the documents of a file one after another, their labels and splits checked.

    Raises BadInputError with file, line and what to do.
    """
    kind = ending(file)
    rows = _json_rows if kind == ".jsonl" else _table_rows
    with reading(file, None if kind == ".jsonl" else "", codec, progress) as stream:
        for row in rows(stream, file, columns):
            label = row.label.strip()
            if not label:
                raise BadInputError(
                    f"{file}, line {row.line}: the label is empty", "name its class"
                )
            split = None if row.split is None else _split_name(row.split, file, row.line)
            yield row._replace(label=label, split=split)


def sort_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels, sorted; as numbers where all are integers."""
    distinct = set(labels)
    if all(_INTEGER.fullmatch(label) for label in distinct):
        return tuple(sorted(distinct, key=lambda label: (int(label), label)))
    return tuple(sorted(distinct))


def check_rows(
    source: str, labels: Mapping[str, int], splits: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the classes of documents, told by how many have each label and each split.

    Raises BadInputError where nothing can be learnt from them.
    """
    num, num_with_split = sum(labels.values()), sum(splits.values())
    if not num:
        raise BadInputError(f"{source} has no documents", "give a file with some rows")
    if splits and num_with_split != num:
        raise BadInputError(
            f"{source} says the split of {num_with_split:,} of its {num:,} documents",
            "give all of them a split, or none",
        )
    classes = sort_classes(labels)
    if len(classes) < 2:
        raise BadInputError(
            f"all documents of {source} have the label {classes[0]!r}", "give at least two classes"
        )
    if splits and "train" not in splits:
        raise BadInputError(
            f"{source} has no document of split train", "name some train, or leave out the splits"
        )
    return classes


def _split_name(split: str, file: Path, line: int) -> SplitName:
    name = split.strip()
    if name not in get_args(SplitName):
        raise BadInputError(
            f"{file}, line {line}: unknown split {name!r}", "write train, val or test"
        )
    return cast(SplitName, name)


def _table_rows(stream: TextIO, file: Path, columns: Columns) -> Iterator[Row]:
    """Give the rows of a csv or tsv file; a row's line is the one it begins in."""
    with _long_fields():
        first = stream.readline()
        reader = csv.reader(
            chain([first], stream), delimiter=_delimiter(first, file, columns), strict=True
        )
        line = 1
        try:
            header = [name.strip() for name in next(reader, [])]
            label, text, split = _places(header, file, columns)
            rest = [i for i in range(len(header)) if i not in (label, text, split)]
            line = reader.line_num + 1
            for fields in reader:
                if fields and len(fields) != len(header):
                    raise BadInputError(
                        f"{file}, line {line}: {len(fields)} fields, the first line "
                        f"names {len(header)}",
                        "put a text with a separator or a line end in quotes",
                    )
                if fields:
                    split_name = None if split is None else fields[split]
                    others = {header[i]: fields[i] for i in rest}
                    yield Row(line, fields[label], fields[text], split_name, others)
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadInputError(
                f"{file}, line {line}: {error}",
                'put such a text in quotes and write a quote within it twice: ""',
            ) from None


def _delimiter(first: str, file: Path, columns: Columns) -> str:
    """Return what stands between the fields: a tab, a comma, or the one that the header tells."""
    usual = "\t" if ending(file) == ".tsv" else ","
    for delimiter in (usual, ";", "\t", ","):
        names = [name.strip().strip('"') for name in first.split(delimiter)]
        if columns.label in names and columns.text in names:
            return delimiter
    return usual


def _places(header: Sequence[str], file: Path, columns: Columns) -> tuple[int, int, int | None]:
    """Return the places of label, text and split in a row."""
    if not any(header):
        raise BadInputError(f"{file} is empty", "its first line should name label and text")
    for what, name in (("label", columns.label), ("text", columns.text)):
        if name not in header:
            there = ", ".join(repr(column[:40]) for column in header[:8])
            raise BadInputError(
                f"{file}, line 1: no column {name!r} among {there}",
                f"name it in the first line, or `rnnlab corpora add NAME FILE --{what} COLUMN`",
            )
    split = header.index(columns.split) if columns.split in header else None
    return header.index(columns.label), header.index(columns.text), split


def _json_rows(stream: TextIO, file: Path, columns: Columns) -> Iterator[Row]:
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield _json_row(line, number, file, columns)


def _json_row(line: str, number: int, file: Path, columns: Columns) -> Row:
    where = f"{file}, line {number}"
    hint = f'write one {{"{columns.label}": ..., "{columns.text}": ...}} a line'
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise BadInputError(f"{where} is no JSON: {reason}", hint) from None
    if not isinstance(row, Mapping):
        raise BadInputError(f"{where} is no JSON object", hint)
    for key in (columns.label, columns.text):
        if key not in row:
            raise BadInputError(f"{where}: no {key!r}", hint)
    label, text, split = row[columns.label], row[columns.text], row.get(columns.split)
    if isinstance(label, bool) or not isinstance(label, str | int):
        raise BadInputError(f"{where}: the label is neither a text nor a whole number", hint)
    if not isinstance(text, str):
        raise BadInputError(f"{where}: the text is none", hint)
    return Row(number, _whole(str(label)), _whole(text), None if split is None else str(split))


def _whole(text: str) -> str:
    """Return a text without halves of letters: JSON can write them, no file can hold them."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let a csv field be as long as a book; the module's limit is one for the whole process."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
