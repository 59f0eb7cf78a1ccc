"""Texts of a grammar parsed in every way there is: shares no code with how they are drawn."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from rnnlab.corpora import Grammar, Symbol


def derivations(grammar: Grammar, text: str, *starts: str) -> list[list[float]]:
    """Return the log-probs of all derivations of a text from each of some symbols.

    Found by trying every alternative; the symbols share what is found.
    """

    @cache
    def ends(name: str, begin: int) -> tuple[tuple[int, float], ...]:
        rule = grammar.rule(name)
        found: list[tuple[int, float]] = []
        for items, weight in zip(rule.alternatives, rule.weights, strict=True):
            reached = [(begin, math.log(weight / sum(rule.weights)))]
            for item in items:
                if isinstance(item, Symbol):
                    reached = [
                        (end, logprob + more)
                        for place, logprob in reached
                        for end, more in ends(item.name, place)
                    ]
                else:
                    reached = [(place + 1, p) for place, p in reached if text[place:][:1] == item]
                if not reached:
                    break
            found += reached
        return tuple(found)

    with _deep_stack():
        return [[p for end, p in ends(start, 0) if end == len(text)] for start in starts]


@contextmanager
def _deep_stack() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
