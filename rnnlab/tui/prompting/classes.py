"""The classes of a document: their probabilities as bars."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from rnnlab.base.display import visible
from rnnlab.protocol.messages import CLASSIFY, Answer

_FIGURE = 8
"""Width in columns of a percentage and its blanks."""
_LEAST_BAR, _MOST_BAR = 8, 30
_MOST_LABEL = 24


def classes_of(answer: Answer) -> dict[str, float]:
    """Return the probabilities of the classes in an answer; empty if it continues a text."""
    if answer.decoder != CLASSIFY:
        return {}
    pairs = zip(answer.tokens, answer.token_logprobs, strict=True)
    # A token is a line with the name of the class, two blanks and a percentage.
    return {token.removeprefix("\n").rpartition("  ")[0]: math.exp(p) for token, p in pairs}


def class_bars(probabilities: Mapping[str, float], width: int) -> Text:
    """Return one line per class: name, probability, bar; `width` in columns."""
    names = [visible(name, newline=" ") for name in probabilities]
    most = max(1, min(_MOST_LABEL, width - _FIGURE - _LEAST_BAR))
    label = min(most, max(map(cell_len, names), default=0))
    bar = max(1, min(_MOST_BAR, width - label - _FIGURE))
    text = Text(no_wrap=True, overflow="ellipsis")
    for name, probability in zip(names, probabilities.values(), strict=True):
        text.append(f"{set_cell_size(name, label)} ", "bold").append(f"{probability:>6.1%} ")
        text.append("▇" * round(bar * probability) + "\n", "green")
    return text
