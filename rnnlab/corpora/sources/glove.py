"""Word vectors of 400,000 English words, with 50 to 300 elements (GloVe 6B; Pennington 2014).

Only the rows of requested words are extracted, because all rows take up to 1 GB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._encoding import open_bytes
from rnnlab.corpora._source import Form, Output, Request, Source, decoded, zip_text

WIDTHS = (50, 100, 200, 300)
_VECTORS = re.compile(r"\S+( -?\d+(\.\d+)?(e-?\d+)?)+\s*")


def _file_name(width: int) -> str:
    return f"glove.6B.{width}d.txt"


def _archive(file: Path, request: Request) -> Output:
    if request.width not in WIDTHS:
        raise BadInputError(
            f"GloVe 6B has no vectors of {request.width} elements",
            "use --width 50, 100, 200 or 300",
        )
    name = _file_name(request.width)
    return Output(name, _requested_rows(zip_text(file, name), request, file))


def _text(file: Path, request: Request) -> Output:
    """Read one file extracted from the archive, plain or gzipped; its first row gives the width."""

    def blocks() -> Iterator[str]:
        with open_bytes(file) as stream:
            yield from decoded(stream)

    with open_bytes(file) as stream:
        first = stream.readline().decode("utf-8", "replace")
    if not _VECTORS.fullmatch(first):
        raise BadInputError(
            f"{file} has no word vectors", "give a file in the text format of GloVe"
        )
    return Output(_file_name(first.rstrip().count(" ")), _requested_rows(blocks(), request, file))


def _requested_rows(blocks: Iterator[str], request: Request, file: Path) -> Iterator[str]:
    """Yield the rows of the requested words; raises BadInputError if there are none."""
    rest, num_rows = "", 0
    for block in blocks:
        rows = (rest + block).split("\n")
        rest = rows.pop()
        requested = [row for row in rows if _is_requested(row, request)]
        num_rows += len(requested)
        yield "".join(f"{row}\n" for row in requested)
    if rest and _is_requested(rest, request):
        num_rows += 1
        yield f"{rest}\n"
    if not num_rows:
        raise BadInputError(f"{file} has no vector for any of the words", "choose another corpus")


def _is_requested(row: str, request: Request) -> bool:
    return request.words is None or row.partition(" ")[0] in request.words


SOURCE = Source(
    url="https://nlp.stanford.edu/data/glove.6B.zip",
    size_bytes=862_182_613,
    licence="PDDL 1.0",
    forms=(
        Form(
            (".zip",),
            _archive,
            "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
        ),
        Form((".txt", ".txt.gz"), _text),
    ),
    kind="vectors",
    keeps_archive=True,
)
