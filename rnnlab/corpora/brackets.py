"""Words in nested brackets and quotes: whatever was opened last has to be closed first.

Five pairs, `() [] <> «»` and the quote, which opens and closes with one mark and is never nested in
itself. A line holds a few levels of them, so that which mark closes next, past everything that was
opened and closed meanwhile, is the whole difficulty: a stack, as in the Dyck languages on which
recurrent nets are tried (Gers and Schmidhuber 2001).
"""

from __future__ import annotations

from functools import cache

from rnnlab.corpora._floor import Floor
from rnnlab.corpora._generated import MadeCorpus, Options
from rnnlab.corpora._grammar import Grammar
from rnnlab.corpora._templates import Rules, draw_text, lists, text_options, words

_PAIRS = {"round": "()", "square": "[]", "angle": "<>", "guillemet": "«»", "quote": '""'}
_WORDS = words("bel, cor, dun, jo, ket, mo, ra, sim, tu")
_CLOSE, _WORD, _OPEN, _FIRST_WORD = 10, 12, 4, 4
"""Weights of what may come next within a level (it ends, a word, a pair), and of a word first in
it. An opened pair opens less than one other on average, or a line would never end."""


def _level(kind: str, close: str, *, in_quote: bool) -> Rules:
    """Return the rules of a level: what may come first in it, and what after that."""
    mark = "_in_quote" if in_quote else ""
    pairs = [pair for pair in _PAIRS if not (in_quote and pair == "quote")]
    first = {f"{{word}}{{{kind}{mark}}}": _FIRST_WORD * len(pairs)}
    rest = {close: _CLOSE * len(pairs)}
    rest[f" {{word}}{{{kind}{mark}}}"] = _WORD * len(pairs)
    for pair in pairs:
        inner = "_in_quote" if in_quote or pair == "quote" else ""
        opened = f"{_PAIRS[pair][0]}{{first_{pair}{inner}}}{{{kind}{mark}}}"
        first[opened] = 1
        rest[f" {opened}"] = _OPEN
    return {f"first_{kind}{mark}": first, f"{kind}{mark}": rest}


@cache
def grammar() -> Grammar:
    """Return the grammar of a line."""
    rules = _level("line", "\n", in_quote=False)
    for pair, marks in _PAIRS.items():
        rules |= _level(pair, marks[1], in_quote=True)
        rules |= _level(pair, marks[1], in_quote=False) if pair != "quote" else {}
    return Grammar(rules | lists({"word": _WORDS}))


def make(options: Options) -> str:
    """Return the corpus, line by line."""
    return draw_text(grammar(), "first_line", options)


def floor(options: Options, task: str) -> Floor | None:
    """Return the smallest expected loss a letter, line ends included; the lines are one stream."""
    if task != "stream":
        return None
    line = grammar().expect("first_line")
    return Floor(line.entropy_nats / line.num_chars)


CORPUS = MadeCorpus("stream", make, floor, text_options(350_000))
