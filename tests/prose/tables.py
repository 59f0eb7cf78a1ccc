"""The tables of the documents that a comment `<!-- table: KIND -->` announces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.prose.texts import documents, name_of


class Table(NamedTuple):
    """A table with its place; each row holds the code spans of each cell."""

    kind: str
    place: str
    rows: list[list[list[str]]]

    def first_column(self) -> list[str]:
        """Return the names in the first column: of `beam:k=5` and `beam RUN` it is `beam`."""
        spans = [span for row in self.rows for span in row[0]]
        return list(dict.fromkeys(re.sub(r"[ :=].*", "", span) for span in spans))

    def all_columns(self) -> list[str]:
        """Return every code span of the table."""
        return [span for row in self.rows for cell in row for span in cell]


def tables(file: Path) -> list[Table]:
    """Return the announced tables of a document."""
    lines = file.read_text(encoding="utf-8").splitlines()
    result = []
    for number, line in enumerate(lines):
        if marker := re.fullmatch(r"<!-- table: ([\w-]+) -->", line):
            body = lines[number + 3 :]
            last = next((i for i, row in enumerate(body) if not row.startswith("|")), len(body))
            rows = [
                [re.findall(r"`([^`]+)`", cell) for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
                for row in body[:last]
            ]
            result.append(Table(marker[1], f"{name_of(file)}:{number + 1}", rows))
    return result


def all_tables() -> list[Table]:
    """Return the announced tables of all documents."""
    return [table for file in documents() for table in tables(file)]
