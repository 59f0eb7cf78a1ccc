"""Words in nested brackets and quotes: the pair opened last must be closed first.

There are five pairs: `() [] <> «»` and the quote, which opens and closes with the same mark and is
never nested in itself. A line has a few levels. To predict a closing mark, a model needs a stack,
as for the Dyck languages, a common test of recurrent networks (Gers and Schmidhuber 2001).
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
"""Weights of the next item in a level (its end, a word, a pair), and of a word as the first item.
With these weights a pair contains less than one other pair on average, so a line ends."""


def _level(kind: str, close: str, *, in_quote: bool) -> Rules:
    """Return the two rules of a level: one for its first item, one for all following items."""
    mark = "_in_quote" if in_quote else ""
    pairs = [pair for pair in _PAIRS if not (in_quote and pair == "quote")]
    first = {f"{{word}}{{{kind}{mark}}}": _FIRST_WORD * len(pairs)}
    rest = {close: _CLOSE * len(pairs)}
    rest[f" {{word}}{{{kind}{mark}}}"] = _WORD * len(pairs)
    for pair in pairs:
        inner = "_in_quote" if in_quote or pair == "quote" else ""
        nested = f"{_PAIRS[pair][0]}{{first_{pair}{inner}}}{{{kind}{mark}}}"
        first[nested] = 1
        rest[f" {nested}"] = _OPEN
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
    """Return the floor of the lines as one stream, in nats per character, with line ends."""
    if task != "stream":
        return None
    line = grammar().expect("first_line")
    return Floor(line.entropy_nats / line.num_chars)


CORPUS = MadeCorpus("stream", make, floor, text_options(350_000))
