"""Film reviews: 25,000 for training and 25,000 for test, half of them positive (Maas et al. 2011).

The table has the columns split, label (1: positive), rating, id and text, and is sorted by split,
label and id.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._add import table_lines
from rnnlab.corpora._archives import tar_members
from rnnlab.corpora._documents import document_rows
from rnnlab.corpora._files import ending
from rnnlab.corpora._source import Form, Output, Request, Source, archive_errors

_MEMBER = re.compile(r"aclImdb/(train|test)/(pos|neg)/([0-9]{1,9})_([0-9]{1,9})\.txt")
_LABELS = {"pos": "1", "neg": "0"}
_HEADER = ("split", "label", "rating", "id", "text")


def _archive(file: Path, _: Request) -> Output:
    return Output("imdb.csv", _archive_table(file))


def _archive_table(file: Path) -> Iterator[str]:
    rows: list[tuple[tuple[bool, bool, int], list[str]]] = []
    for match, content in tar_members(file, _MEMBER):
        split, side, number, rating = match.groups()
        with archive_errors(file):
            text = content.decode("utf-8")
        order = (split == "test", side == "neg", int(number))
        rows.append((order, [split, _LABELS[side], rating, number, text]))
    if not rows:
        raise BadInputError(f"{file} has no reviews of aclImdb", "download it again")
    yield from _lines([list(_HEADER)])
    yield from _lines([row for _, row in sorted(rows)])


def _table(file: Path, _: Request) -> Output:
    return Output("imdb.csv", _checked_table(file))


def _checked_table(file: Path) -> Iterator[str]:
    """Yield the lines of a table of reviews; raise BadInputError if it has no splits."""
    rows = document_rows(file)
    first = next(rows, None)
    if first is not None and first.split is None:
        raise BadInputError(
            f"{file} does not name the split of its reviews",
            f"give a {ending(file)} file with the columns split, label and text",
        )
    yield from table_lines(chain([first] if first else [], rows), str(file))


def _lines(rows: list[list[str]]) -> Iterator[str]:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    yield lines.getvalue()


SOURCE = Source(
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    size_bytes=84_125_825,
    licence="research use, cite Maas et al. 2011",
    forms=(
        Form(
            (".tar.gz", ".tgz"),
            _archive,
            "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
        ),
        Form((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz"), _table),
    ),
    kind="classify",
)
