"""Rows of a table that an unintended pair of quotes has made part of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import BadInputError


class _Suspect(NamedTuple):
    """A text of several lines that look like rows."""

    first_line: int
    last_line: int
    labels: tuple[str, ...]
    """The labels that these rows would have."""


class SwallowedRows:
    """Looks for texts that begin with a quote in one row and end with one in a later row.

    In such a text, the lines after the first, or those before the last, are rows: they have as many
    fields as the header, and a label that other rows have, too.
    """

    def __init__(self, delimiter: str, num_fields: int, label: int) -> None:
        """label: index of the label among the fields."""
        self._delimiter, self._num_fields, self._label = delimiter, num_fields, label
        self._labels: set[str] = set()
        self._suspects: list[_Suspect] = []

    def add(self, fields: Sequence[str], first_line: int, last_line: int) -> None:
        """Note a row and its lines in the file."""
        self._labels.add(fields[self._label])
        for text in fields if last_line > first_line else ():
            lines = text.split("\n")
            for part in (lines[1:], lines[:-1]):
                labels = [label for line in part if (label := self._label_of(line)) is not None]
                if part and len(labels) == len(part):
                    self._suspects.append(_Suspect(first_line, last_line, tuple(labels)))

    def check(self, file: Path) -> None:
        """Raise BadInputError if a text has swallowed rows; call this after the last row."""
        is_known: Callable[[str], bool] = self._labels.__contains__
        for suspect in self._suspects:
            if all(map(is_known, suspect.labels)):
                raise BadInputError(
                    f"{file}, line {suspect.first_line}: a quote opens a text that ends in line "
                    f"{suspect.last_line}, with whole rows in it",
                    'double each quote within a text ("") and put the text in quotes',
                )

    def _label_of(self, line: str) -> str | None:
        fields = line.rstrip("\r").split(self._delimiter)
        return fields[self._label] if len(fields) == self._num_fields else None
