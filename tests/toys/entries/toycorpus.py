"""Rows of fair coins: heads or tails, half of the rows end before each toss.

The end of a row is one bit, every toss another (Nobody 1999).
"""

from __future__ import annotations

from functools import cache

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Options
from rnnlab.corpora._grammar import Grammar
from rnnlab.corpora._templates import draw_text, text_options


@cache
def grammar() -> Grammar:
    """Return the grammar of a line."""
    return Grammar({"line": {"\n": 2, "H{line}": 1, "T{line}": 1}})


def make(options: Options) -> str:
    """Return the corpus, one row per line."""
    return draw_text(grammar(), "line", options)


def floor(options: Options, task: str) -> Floor | None:
    """Return the floor of the lines as one stream, in nats per character, with line ends."""
    if task != "stream":
        return None
    line = grammar().expect("line")
    return Floor(line.entropy_nats / line.num_chars)


CORPUS = MadeCorpus("stream", make, floor, text_options(10_000))
