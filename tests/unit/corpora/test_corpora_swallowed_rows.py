"""A pair of quotes in two rows of a table makes one text of all that lies between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import read_documents

ROWS = [("good", "a fine film"), ("bad", "a dull one"), ("good", "some joy"), ("bad", "no end")]


def table(tmp_path: Path, name: str, rows: list[tuple[str, str]], header: str) -> Path:
    delimiter = "\t" if name.endswith("tsv") else ","
    is_label_first = header.startswith("label")
    lines = [delimiter.join(row if is_label_first else row[::-1]) for row in rows]
    file = tmp_path / name
    file.write_text("\n".join([delimiter.join(header.split()), *lines, ""]), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("header", ["label text", "text label"])
@pytest.mark.parametrize(("begin", "end"), [(0, 1), (0, 2), (1, 3)])
def test_rows_between_two_quotes_are_missed(
    tmp_path: Path, name: str, header: str, begin: int, end: int
) -> None:
    rows = list(ROWS)
    rows[begin] = rows[begin][0], f'"{rows[begin][1]}'
    rows[end] = rows[end][0], f'{rows[end][1]}"'
    file = table(tmp_path, name, rows, header)
    with pytest.raises(BadInputError, match=f"line {begin + 2}: .* ends in line {end + 2}"):
        read_documents(file)


@pytest.mark.parametrize(
    "text", ["two\nlines", "a, b\nand c", "good\nbad\n", "well,\nyes, it is\nso"]
)
def test_a_text_of_several_lines_is_a_text(tmp_path: Path, text: str) -> None:
    rows = [*ROWS, ("good", f'"{text}"')]
    documents = read_documents(table(tmp_path, "a.csv", rows, "label text"))
    assert documents.texts[-1].strip() == text.strip()
    assert len(documents) == len(rows)
