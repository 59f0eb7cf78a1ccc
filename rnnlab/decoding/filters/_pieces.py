"""Tokens that complete, contain or begin a string.

A vocabulary is searched once per string; every step after that only compares a few suffixes.
A token that adds no text, such as the end of the sentence, is never returned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rnnlab.decoding._numbers import Ids

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows

_Rule = TypeVar("_Rule", bound=tuple[Any, ...])

Rules = list[tuple[str, Ids]]
"""Pairs of a suffix and the tokens that match if the text so far ends with the suffix."""


def completing(pieces: Sequence[str], string: str) -> Rules:
    """Return the tokens after which a text ends with a string; a token is in at most one rule."""
    tokens_after = defaultdict(list)
    for token, piece in enumerate(pieces):
        if piece.endswith(string):
            tokens_after[""].append(token)
        elif piece and string.endswith(piece):
            tokens_after[string[: -len(piece)]].append(token)
    return _rules(tokens_after)


def containing(pieces: Sequence[str], string: str) -> Rules:
    """Return the tokens within which an occurrence of a string ends; it may begin earlier."""
    tokens_after = defaultdict(list)
    for token, piece in enumerate(pieces):
        if string in piece:
            tokens_after[""].append(token)
        for length in range(1, min(len(piece), len(string) - 1) + 1):
            if string.endswith(piece[:length]):
                tokens_after[string[:-length]].append(token)
    return _rules(tokens_after)


def beginning(pieces: Sequence[str], string: str) -> Ids:
    """Return the tokens that are a prefix of a string, or that begin with the whole string."""
    return np.array(
        [
            token
            for token, piece in enumerate(pieces)
            if piece and (string.startswith(piece) or piece.startswith(string))
        ],
        dtype=np.int64,
    )


def matching(rows: Rows, rules: Sequence[_Rule]) -> Iterator[tuple[int, _Rule]]:
    """Yield each row with each rule whose suffix, its first element, ends the text of the row."""
    reach = max((len(rule[0]) for rule in rules), default=0)
    for row in range(len(rows)):
        tail = rows.tail(row, reach)
        for rule in rules:
            if tail.endswith(rule[0]):
                yield row, rule


def _rules(tokens_after: dict[str, list[int]]) -> Rules:
    return [(before, np.array(tokens, dtype=np.int64)) for before, tokens in tokens_after.items()]
