"""Find the files of a recipe; the error for a missing file explains how to get it."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.files import real_path
from rnnlab.base.locations import data_folder
from rnnlab.corpora import find_corpus
from rnnlab.recipes._recipe import Recipe

_BLOCK = 1 << 20


def locate(recipe: Recipe, file: Path | None = None, data: Path | None = None) -> Path:
    """Return the corpus file of a recipe: `file`, or by default the file in the data folder.

    Raise BadInputError, with instructions, if the file is missing.
    """
    if file is not None:
        return find_corpus(str(file), data)
    try:
        return find_corpus(recipe.corpus, data)
    except BadInputError as error:
        if recipe.corpus in registry.names("corpora/sources"):
            raise  # the error already names the command that fetches the corpus
        hint = f"put it at {data_folder(data) / recipe.file_name}"
        hint += ", or name it: `rnnlab reproduce RECIPE --file FILE`"
        raise BadInputError(error.what, f"{_instructions(recipe.get)}{hint}") from None


def locate_vectors(recipe: Recipe, data: Path | None = None) -> str | None:
    """Return the file of a recipe's word vectors; None if the recipe has no vectors.

    Raise BadInputError, with instructions, if the file is missing.
    """
    if recipe.vectors is None:
        return None
    path = data_folder(data) / recipe.vectors.name
    for file in (path, path.with_name(f"{path.name}.gz")):
        if file.is_file():
            return str(real_path(file))
    raise BadInputError(
        f"there is no file {path}",
        f"{_instructions(recipe.vectors.get)}put it there, or add --embeddings FILE",
    )


def content_sha256(file: Path) -> str:
    """Return the SHA-256 of a file's content; a .gz file is decompressed first.

    Raise BadInputError if the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(f"cannot read {file}: {error}") from None
    return digest.hexdigest()


def _instructions(get: str) -> str:
    return f"get it: {get}; " if get else ""
