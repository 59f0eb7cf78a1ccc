"""Initial word vectors, in the text format of GloVe: one word and its numbers per line.

Only the lines of words in the vocabulary are parsed, so reading a file of 400,000 words takes
seconds and little memory. Shapes: V tokens in the vocabulary, E elements in a vector.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._dataset import WordVectors
from rnnlab.corpora._files import reading
from rnnlab.corpora._index import Indexed
from rnnlab.corpora._repair import Errors, Repairs
from rnnlab.corpora._tokens import EOS, PAD, UNK
from rnnlab.corpora._vocabulary import Vocabulary
from rnnlab.settings.run_config import RunConfig

_NUM_JUDGED = 100
"""Number of lines that decide the length of the vectors."""
_ADVICE = "leave out the lines with invalid bytes with --errors skip, or download the file again"
_UNKNOWN_SCALE = 0.1
"""Ratio of the standard deviation of random vectors to that of the vectors in the file."""


def vectors_width(file: Path, errors: Errors = "strict") -> int:
    """Return the number of elements of the vectors in a file, judged by its first lines.

    A word may contain spaces and numbers, so most of these lines decide. errors: treatment of
    invalid bytes. Raises BadInputError if the file cannot be read or has no vectors.
    """
    first: tuple[int, str] | None = None
    widths: Counter[int] = Counter()
    for number, line in islice(_lines(file, Repairs(errors, are_lines=True)), _NUM_JUDGED):
        first = first or (number, line)
        numbers = list(takewhile(_is_number, reversed(line.split(" ")[1:])))
        widths[len(numbers)] += 1
    if first is None:
        raise BadInputError(f"{file} is empty", "give a file of word vectors")
    width = widths.most_common(1)[0][0]
    if not width:
        number, line = first
        _vector(line.split(" ")[1:], f"{file}, line {number}")
        raise BadInputError(
            f"{file}, line {number}: no vector", "give a file in the text format of GloVe"
        )
    return width


def check_vectors(config: RunConfig) -> None:
    """Raise BadInputError if the word vectors of `config` are missing or have the wrong length.

    Reads every line, which takes 1 s for 400,000 words.
    """
    if config.embeddings is None:
        return
    file = Path(config.embeddings)
    width = vectors_width(file, config.errors)
    if width != config.embedding:
        raise BadInputError(
            f"the vectors of {file} have {width} elements, but embedding is {config.embedding}",
            f"use --embedding {width}, or omit it",
        )
    for number, line in _lines(file, Repairs(config.errors, are_lines=True)):
        if line.count(" ") != width:
            _spaced_word(line, width, f"{file}, line {number}")


def read_vectors(
    file: Path,
    tokens: Sequence[str],
    width: int,
    unknown: Literal["zero", "random"] = "random",
    seed: int = 1,
    repairs: Repairs | None = None,
) -> WordVectors:
    """Return a vector for each token from a file, plain or gzipped.

    A token is looked up without its leading space, first as written, then in lower case. A token
    that is not in the file gets zeros, or normally distributed random numbers with a tenth of the
    standard deviation of the vectors in the file; padding gets zeros. repairs: treatment of invalid
    bytes, by default an error; `skip` leaves out their lines. Raises BadInputError, with
    file and line, if a line is not a vector of `width` numbers, or if the file has none of the
    tokens.
    """
    words = [token.removeprefix(" ") for token in tokens]
    rows = _matching_rows(file, words, width, repairs or Repairs())
    matrix_VE = np.zeros((len(tokens), width), dtype=np.float32)
    found_V = np.zeros(len(tokens), dtype=np.bool_)
    for i, vector in rows.items():
        matrix_VE[i] = vector
        found_V[i] = True
    if not found_V.any():
        raise BadInputError(
            f"{file} has no vector for any of the {len(tokens):,} tokens",
            "give vectors for the language of the corpus",
        )
    if unknown == "random":
        random = np.random.Generator(np.random.PCG64([seed, len(tokens), width]))
        normal_VE = random.standard_normal(matrix_VE.shape, dtype=np.float32)
        std = _UNKNOWN_SCALE * float(matrix_VE[found_V].std())
        matrix_VE[~found_V] = std * normal_VE[~found_V]
    matrix_VE[[token == PAD for token in tokens]] = 0
    return WordVectors(matrix_VE, found_V)


def initial_vectors(
    config: RunConfig, vocabulary: Vocabulary, indexed: Indexed, train: slice
) -> tuple[WordVectors | None, tuple[str, ...]]:
    """Return the word vectors that `config` names, if any, and notes on the words they cover.

    train: the tokens of the train split.
    """
    if config.embeddings is None:
        return None, ()
    file, tokens = Path(config.embeddings), vocabulary.tokens
    repairs = Repairs(config.errors, are_lines=True)
    vectors = read_vectors(
        file, tokens, config.embedding, config.unknown_vectors, config.seed, repairs
    )
    is_word_V = np.array([token not in (EOS, PAD, UNK) for token in tokens])
    known_V = vectors.found & is_word_V
    counts = indexed.counts(train)
    known = counts[known_V[vocabulary.ids_of(indexed.distinct)]].sum()
    coverage = float(known / max(1, counts.sum()))
    note = (
        f"{known_V.sum():,} of {is_word_V.sum():,} words ({known_V.sum() / is_word_V.sum():.1%}) "
        f"have a vector in {file.name}: {coverage:.1%} of the words of the train split"
    )
    return vectors, (note, *repairs.notes(file.name))


def _matching_rows(
    file: Path, words: Sequence[str], width: int, repairs: Repairs
) -> Mapping[int, npt.NDArray[np.float32]]:
    """Return index in `words` -> vector for the words in the file; a word's first line counts."""
    exact, lower = _places(words), _places([word.lower() for word in words])
    vectors: dict[int, npt.NDArray[np.float32]] = {}
    in_lower_case: dict[int, npt.NDArray[np.float32]] = {}
    has_lines = False
    for number, line in _lines(file, repairs):
        has_lines = True
        word = line.partition(" ")[0]
        num_spaces = line.count(" ")
        if num_spaces != width:
            word = _spaced_word(line, width, f"{file}, line {number}")
        if word not in exact and word not in lower:
            continue
        numbers = line.rsplit(" ", width)[1:]
        vector = _vector(numbers, f"{file}, line {number}")
        for i in exact.get(word, ()):
            vectors.setdefault(i, vector)
        for i in lower.get(word, ()):
            in_lower_case.setdefault(i, vector)
    if not has_lines:
        raise BadInputError(f"{file} is empty", "give a file of word vectors")
    return in_lower_case | vectors


def _places(words: Sequence[str]) -> dict[str, list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, word in enumerate(words):
        places[word].append(i)
    return dict(places)


def _spaced_word(line: str, width: int, place: str) -> str:
    """Return the word of a line if the word contains spaces; raises BadInputError if it does not.

    place: file and line, for the error.
    """
    parts = line.split(" ")
    if len(parts) <= width or all(_is_number(part) for part in parts[1:-width]):
        raise BadInputError(
            f"{place}: {len(parts) - 1} numbers, expected {width}",
            "download the file again: it may be incomplete",
        )
    return " ".join(parts[:-width])


def _vector(numbers: Sequence[str], place: str) -> npt.NDArray[np.float32]:
    for number in numbers:
        if not _is_number(number):
            raise BadInputError(
                f"{place}: {number[:40]!r} is not a number", "download the file again"
            )
    return np.array([float(number) for number in numbers], dtype=np.float32)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _lines(file: Path, repairs: Repairs) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, except a word2vec header (vocabulary size and dimension)."""
    with reading(file, newline="\n", repairs=repairs, advice=_ADVICE) as stream:
        for number, line in enumerate(stream, 1):
            stripped = line.rstrip()
            sizes = stripped.split(" ") if number == 1 else []
            if stripped and not (len(sizes) == 2 and all(size.isdecimal() for size in sizes)):
                yield number, stripped
