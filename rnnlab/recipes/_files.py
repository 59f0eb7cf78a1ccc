"""Find the files that a recipe needs, or say how to get them."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import data_folder
from rnnlab.corpora import find_corpus
from rnnlab.recipes._recipe import Recipe

_BLOCK = 1 << 20


def locate(recipe: Recipe, file: Path | None = None, data: Path | None = None) -> Path:
    """Return the corpus file of a recipe: `file`, or the one in the data folder.

    Raises BadInputError that says how to get it.
    """
    if file is not None:
        return find_corpus(str(file), data)
    try:
        return find_corpus(recipe.corpus, data)
    except BadInputError as error:
        place = f"put it at {data_folder(data) / recipe.file_name}, or give --file"
        raise BadInputError(error.what, f"{_how(recipe.get)}{place}") from None


def locate_vectors(recipe: Recipe, data: Path | None = None) -> str | None:
    """Return the file of a recipe's word vectors, None where it has none.

    Raises BadInputError that says how to get it.
    """
    if recipe.vectors is None:
        return None
    wanted = data_folder(data) / recipe.vectors.name
    for file in (wanted, wanted.with_name(f"{wanted.name}.gz")):
        if file.is_file():
            return str(file.resolve())
    raise BadInputError(
        f"there is no file {wanted}",
        f"{_how(recipe.vectors.get)}put it there, or give --embeddings",
    )


def content_sha256(file: Path) -> str:
    """Return the SHA-256 of a file's content, unpacked where it is gzipped.

    Raises BadInputError when it cannot be read.
    """
    found = hashlib.sha256()
    try:
        with gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                found.update(block)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(f"cannot read {file}: {error}") from None
    return found.hexdigest()


def _how(get: str) -> str:
    return f"get it: {get}; " if get else ""
