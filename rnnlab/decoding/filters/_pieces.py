"""Which tokens make a text complete, hold or begin with a string.

A vocabulary is searched once for each string; every step after that only compares a few endings.
A token that adds no text, as the end of the sentence, is never among those found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from rnnlab.decoding._numbers import Ids

Rules = list[tuple[str, Ids]]
"""What a text has to end with, and the tokens that then do it."""


def completing(pieces: Sequence[str], string: str) -> Rules:
    """Return the tokens after which a text ends with a string; none stands in two rules."""
    found = defaultdict(list)
    for token, piece in enumerate(pieces):
        if piece.endswith(string):
            found[""].append(token)
        elif piece and string.endswith(piece):
            found[string[: -len(piece)]].append(token)
    return _rules(found)


def containing(pieces: Sequence[str], string: str) -> Rules:
    """Return the tokens within which a string comes to its end."""
    found = defaultdict(list)
    for token, piece in enumerate(pieces):
        if string in piece:
            found[""].append(token)
        for length in range(1, min(len(piece), len(string) - 1) + 1):
            if string.endswith(piece[:length]):
                found[string[:-length]].append(token)
    return _rules(found)


def beginning(pieces: Sequence[str], string: str) -> Ids:
    """Return the tokens that write the beginning of a string, or all of it and more."""
    return np.array(
        [
            token
            for token, piece in enumerate(pieces)
            if piece and (string.startswith(piece) or piece.startswith(string))
        ],
        dtype=np.int64,
    )


def _rules(found: dict[str, list[int]]) -> Rules:
    return [(before, np.array(tokens, dtype=np.int64)) for before, tokens in found.items()]
