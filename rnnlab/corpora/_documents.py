"""Read labelled documents: tables (csv, tsv) and JSON lines, plain or gzipped.

A document has a `label`, a `text` and, in some files, a `split`; whatever else a file says of it is
left aside.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._files import DOCUMENT_ENDINGS, ending, reading
from rnnlab.corpora._tokens import normalise
from rnnlab.errors import BadInputError

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


class _Row(NamedTuple):
    """A document as it stands in its file."""

    line: int
    label: str
    text: str
    split: str | None


def read_documents(file: Path) -> Documents:
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
    rows = _json_rows(file) if kind == ".jsonl" else _table_rows(file, kind)
    texts: list[str] = []
    labels: list[str] = []
    splits: list[SplitName] = []
    for row in rows:
        label = row.label.strip()
        if not label:
            raise BadInputError(f"{file}, line {row.line}: the label is empty", "name its class")
        if row.split is not None:
            splits.append(_split_name(row.split, file, row.line))
        texts.append(normalise(row.text))
        labels.append(label)
    return _checked(file, texts, labels, splits)


def sort_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels, sorted; as numbers where all are integers."""
    distinct = set(labels)
    if all(_INTEGER.fullmatch(label) for label in distinct):
        return tuple(sorted(distinct, key=lambda label: (int(label), label)))
    return tuple(sorted(distinct))


def _checked(
    file: Path, texts: Sequence[str], labels: Sequence[str], splits: Sequence[SplitName]
) -> Documents:
    if not texts:
        raise BadInputError(f"{file} has no documents", "give a file with some rows")
    if splits and len(splits) != len(texts):
        raise BadInputError(
            f"{file} says the split of {len(splits):,} of its {len(texts):,} documents",
            "give all of them a split, or none",
        )
    classes = sort_classes(labels)
    if len(classes) < 2:
        raise BadInputError(
            f"all documents of {file} have the label {classes[0]!r}", "give at least two classes"
        )
    if splits and "train" not in splits:
        raise BadInputError(
            f"{file} has no document of split train", "name some train, or leave out the splits"
        )
    return Documents(tuple(texts), tuple(labels), tuple(splits), classes)


def _split_name(split: str, file: Path, line: int) -> SplitName:
    name = split.strip()
    if name not in get_args(SplitName):
        raise BadInputError(
            f"{file}, line {line}: unknown split {name!r}", "write train, val or test"
        )
    return cast(SplitName, name)


def _table_rows(file: Path, kind: str) -> Iterator[_Row]:
    """Give the rows of a csv or tsv file; a row's line is the one it begins in."""
    with reading(file, newline="") as stream, _long_fields():
        reader = csv.reader(stream, delimiter="\t" if kind == ".tsv" else ",", strict=True)
        line = 1
        try:
            header = [name.strip() for name in next(reader, [])]
            label, text, split = _columns(header, file)
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
                    yield _Row(line, fields[label], fields[text], split_name)
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadInputError(
                f"{file}, line {line}: {error}",
                'put such a text in quotes and write a quote within it twice: ""',
            ) from None


def _columns(header: Sequence[str], file: Path) -> tuple[int, int, int | None]:
    """Return the places of label, text and split in a row."""
    if not any(header):
        raise BadInputError(f"{file} is empty", "its first line should name label and text")
    for name in ("label", "text"):
        if name not in header:
            there = ", ".join(repr(column[:40]) for column in header[:8])
            raise BadInputError(
                f"{file}, line 1: no column {name!r} among {there}",
                "name the columns in the first line, at least label and text",
            )
    split = header.index("split") if "split" in header else None
    return header.index("label"), header.index("text"), split


def _json_rows(file: Path) -> Iterator[_Row]:
    with reading(file) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield _json_row(line, number, file)


def _json_row(line: str, number: int, file: Path) -> _Row:
    where = f"{file}, line {number}"
    hint = 'write one {"label": ..., "text": ...} a line'
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise BadInputError(f"{where} is no JSON: {reason}", hint) from None
    if not isinstance(row, Mapping):
        raise BadInputError(f"{where} is no JSON object", hint)
    for key in ("label", "text"):
        if key not in row:
            raise BadInputError(f"{where}: no {key!r}", hint)
    label, text, split = row["label"], row["text"], row.get("split")
    if isinstance(label, bool) or not isinstance(label, str | int):
        raise BadInputError(f"{where}: the label is neither a text nor a whole number", hint)
    if not isinstance(text, str):
        raise BadInputError(f"{where}: the text is none", hint)
    return _Row(number, _whole(str(label)), _whole(text), None if split is None else str(split))


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
