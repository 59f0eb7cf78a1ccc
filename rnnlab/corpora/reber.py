"""Strings of the embedded Reber grammar: the second letter of a line is also the last but one.

A line is B, T or P, a string of Reber's grammar (1967), the same T or P again, E. A model must
remember the outer letter over the inner string, which has six fair choices on average (Hochreiter
and Schmidhuber 1997, section 5.1).
"""

from __future__ import annotations

from functools import cache

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Options
from rnnlab.corpora._grammar import Grammar
from rnnlab.corpora._templates import draw_text, text_options


@cache
def grammar() -> Grammar:
    """Return the grammar of a line; a state has the name of the letter that leads to it."""
    return Grammar(
        {
            "line": ["BT{inner}TE\n", "BP{inner}PE\n"],
            "inner": ["BT{s}E", "BP{t}E"],
            "s": ["S{s}", "X{x}"],
            "x": ["X{t}", "S"],
            "t": ["T{t}", "V{v}"],
            "v": ["P{x}", "V"],
        }
    )


def make(options: Options) -> str:
    """Return the corpus, one string per line."""
    return draw_text(grammar(), "line", options)


def floor(options: Options, task: str) -> Floor | None:
    """Return the floor of the lines as one stream, in nats per character, with line ends."""
    if task != "stream":
        return None
    line = grammar().expect("line")
    return Floor(line.entropy_nats / line.num_chars)


CORPUS = MadeCorpus("stream", make, floor, text_options(250_000))
