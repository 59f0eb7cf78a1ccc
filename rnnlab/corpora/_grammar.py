"""A probabilistic grammar, and the exact entropy of its texts.

A symbol expands to one of its alternatives, drawn with integer weights. An alternative is a
template; names in braces are symbols. Alternatives without weights are equally probable:

    Grammar({"line": {"{who} sings.": 3, "{who} hums.": 1}, "who": ["A duck", "The mayor"]})

One draw of symbol A has the entropy h(A) = -sum_i p_i ln p_i, and on average writes l(A) characters
and M(A, B) symbols B. With v(A) the expected number of draws of A in a derivation,

    v = e_start + v M,    entropy of a derivation = v h,    expected characters = v l

(Grenander 1967). If every text has only one derivation, which `check_prefix_free` proves, v h is
also the entropy of the text. A sequence of independent texts has (entropy of one text) / (expected
characters of one text) nats per character; a separator counts only if the grammar writes it.

Random numbers come only from the method `random()` of a generator. Python guarantees its values, so
the same seed gives the same bytes on every machine.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, chain, combinations
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.corpora._floor import Floor

if TYPE_CHECKING:
    from random import Random

Alternatives = Sequence[str] | Mapping[str, int]
"""The templates of a symbol, equally probable or with weights."""

_PIECE = re.compile(r"\{(\w+)\}|.", re.DOTALL)
_MAX_PAIRS, _MAX_ITEMS = 500_000, 1_000
"""Limits of `check_prefix_free`: pairs to compare, items in a pair. `stump` needs a tenth."""


class Symbol(NamedTuple):
    """A symbol in a template, to be expanded."""

    name: str


Items = tuple[str | Symbol, ...]
"""A parsed template: single characters and symbols."""


class Rule(NamedTuple):
    """The alternatives of one symbol."""

    alternatives: tuple[Items, ...]
    weights: tuple[int, ...]
    upto: tuple[int, ...]
    """Running sums of the weights; the last one is their total."""

    def symbols(self) -> list[str]:
        """Return the symbols in the alternatives, with repetitions."""
        items = chain.from_iterable(self.alternatives)
        return [item.name for item in items if isinstance(item, Symbol)]

    def entropy(self) -> float:
        """Return the entropy of one draw in nats."""
        total = self.upto[-1]
        return math.log(total) - math.fsum(w * math.log(w) for w in self.weights) / total

    def mean(self, amounts: Iterable[int]) -> Fraction:
        """Return the expected value of an amount, given the amount of each alternative."""
        return Fraction(sum(map(mul, self.weights, amounts)), self.upto[-1])


class Derivation(NamedTuple):
    """A text and the log-probability of its derivation."""

    text: str
    logprob: float
    """In nats."""


class Expectation(NamedTuple):
    """Expected entropy and length of a symbol's texts, exact except for rounding."""

    entropy_nats: float
    num_chars: float


class Grammar:
    """Weighted alternatives for each symbol; immutable. `expect` caches its results.

    Raises BadInputError if a symbol has no alternatives, a repeated alternative or a weight below
    1, and UnknownNameError if a template contains an unknown symbol.
    """

    def __init__(self, rules: Mapping[str, Alternatives]) -> None:
        self._rules = {name: _rule(name, alternatives) for name, alternatives in rules.items()}
        self._expectations: dict[str, Expectation] = {}
        for rule in self._rules.values():
            for name in rule.symbols():
                self.rule(name)

    def rule(self, name: str) -> Rule:
        """Return the alternatives of a symbol; raises UnknownNameError."""
        if name not in self._rules:
            raise UnknownNameError("grammar symbol", name, self._rules)
        return self._rules[name]

    def derive(self, start: str, generator: Random) -> Derivation:
        """Return a random text of symbol `start`; may never end if the mean length is infinite."""
        chars: list[str] = []
        logprobs: list[float] = []
        waiting: list[str | Symbol] = [Symbol(start)]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                chars.append(item)
                continue
            rule = self.rule(item.name)
            total = rule.upto[-1]
            choice = bisect_right(rule.upto, int(generator.random() * total))
            logprobs.append(math.log(rule.weights[choice] / total))
            waiting.extend(reversed(rule.alternatives[choice]))
        return Derivation("".join(chars), math.fsum(logprobs))

    def expect(self, start: str) -> Expectation:
        """Return expected entropy and length; raises BadInputError if the length is infinite."""
        if start in self._expectations:
            return self._expectations[start]
        draws = self.expected_draws(start)
        entropies = (float(v) * self._rules[name].entropy() for name, v in draws.items())
        lengths = (v * _mean_chars(self._rules[name]) for name, v in draws.items())
        expectation = Expectation(math.fsum(entropies), float(sum(lengths)))
        self._expectations[start] = expectation
        return expectation

    def expected_draws(self, start: str) -> dict[str, Fraction]:
        """Return how often a derivation of `start` draws each reachable symbol on average.

        Solves v (I - M) = e_start in fractions by elimination without pivoting. The elements of
        I - M outside the diagonal are not positive, so all pivots are positive if and only if the
        spectral radius of M is below 1 (Berman and Plemmons 1979, theorem 6.2.3), that is, if v is
        finite. Raises BadInputError if v is infinite.
        """
        names = self._reachable(start)
        indices = range(len(names))
        rows = [[Fraction(int(i == j)) for j in indices] for i in indices]  # I - M, transposed
        for j in indices:
            rule = self._rules[names[j]]
            for name in set(rule.symbols()):
                uses = (items.count(Symbol(name)) for items in rule.alternatives)
                rows[names.index(name)][j] -= rule.mean(uses)
        right = [Fraction(int(name == start)) for name in names]
        for i in indices:
            if rows[i][i] <= 0:
                raise BadInputError(
                    f"the texts of grammar symbol {start!r} are infinitely long on average",
                    f"increase the weight of the alternatives of {names[i]!r} that end it",
                )
            for j in indices[i + 1 :]:
                if factor := rows[j][i] / rows[i][i]:
                    rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j], strict=True)]
                    right[j] -= factor * right[i]
        draws = [Fraction(0)] * len(names)
        for i in reversed(indices):
            later = sum(rows[i][k] * draws[k] for k in indices[i + 1 :])
            draws[i] = (right[i] - later) / rows[i][i]
        return dict(zip(names, draws, strict=True))

    def outlines(self, start: str, unexpanded: Collection[str]) -> dict[Items, Fraction]:
        """Return the expansions of a symbol in which `unexpanded` symbols stay, with probabilities.

        The symbols that are expanded must not be recursive. If the grammar is prefix-free, two
        different expansions have no text in common.
        """
        probabilities: dict[Items, Fraction] = {}
        waiting: list[tuple[Items, Items, Fraction]] = [((), (Symbol(start),), Fraction(1))]
        while waiting:
            done, items, probability = waiting.pop()
            if not items:
                probabilities[done] = probabilities.get(done, Fraction(0)) + probability
            elif isinstance(items[0], str) or items[0].name in unexpanded:
                waiting.append(((*done, items[0]), items[1:], probability))
            else:
                rule = self.rule(items[0].name)
                waiting += [
                    (done, (*alternative, *items[1:]), probability * Fraction(w, rule.upto[-1]))
                    for alternative, w in zip(rule.alternatives, rule.weights, strict=True)
                ]
        return probabilities

    def check_prefix_free(self) -> None:
        """Prove that every text has only one derivation; raises BadInputError if the proof fails.

        It proves more: no text of a symbol is a prefix of another text of that symbol, so a
        sequence of texts can be divided in only one way. The condition is sufficient, not
        necessary: an optional ending must be written together with the text that follows it.

        Compares every two alternatives of a symbol item by item. If the items are the same symbol,
        both are skipped; if they differ and one is a symbol, it is expanded in every way. The proof
        fails if one alternative ends before a difference. Why skipping is allowed: take the
        shortest pair of derivations of which one text is a prefix of the other. If they differ
        within a skipped symbol, their parts within that symbol are a shorter such pair, which is a
        contradiction; otherwise the comparison follows both to the end of the shorter text.
        """
        seen: set[tuple[Items, Items]] = set()
        for name, rule in self._rules.items():
            for a, b in combinations(rule.alternatives, 2):
                common = self._common_text(a, b, seen)
                if common is not None:
                    raise BadInputError(
                        f"grammar symbol {name!r}: {_shown(a)!r} and {_shown(b)!r} both begin with "
                        f"{common!r}, which may be the whole text of one of them"
                    )

    def _common_text(self, a: Items, b: Items, seen: set[tuple[Items, Items]]) -> str | None:
        """Return a text of `a` that is a prefix of a text of `b`, or vice versa; else None."""
        waiting: list[tuple[Items, Items, Items]] = [(a, b, ())]
        while waiting:
            a, b, read = waiting.pop()
            if not a or not b:
                return _shown(read)
            if (a, b) in seen:
                continue
            seen.add((a, b))
            if len(seen) > _MAX_PAIRS or len(a) > _MAX_ITEMS:
                raise BadInputError("the grammar is too large to be proved prefix-free")
            first, second = a[0], b[0]
            if first == second:
                waiting.append((a[1:], b[1:], (*read, first)))
            elif isinstance(first, Symbol):
                waiting += [(x + a[1:], b, read) for x in self.rule(first.name).alternatives]
            elif isinstance(second, Symbol):
                waiting.append((b, a, read))
        return None

    def _reachable(self, start: str) -> list[str]:
        """Return all symbols reachable from `start`; the first one is `start`."""
        names: list[str] = []
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name not in names:
                names.append(name)
                waiting += self.rule(name).symbols()
        return names


def bayes_floor(grammar: Grammar, labels: Sequence[str], unexpanded: Collection[str]) -> Floor:
    """Return the floor for predicting which of n symbols, the labels, has generated a text.

    All labels are equally frequent. unexpanded: symbols whose texts do not depend on the label.
    With P = P(outline | label), the best prediction is correct with probability
    sum_outline max_label P / n; the label's entropy given the text is -sum P/n ln(P / sum_label P)
    (Duda and Hart 1973).
    """
    outlines = [grammar.outlines(label, unexpanded) for label in labels]
    accuracy, terms = Fraction(0), []
    for outline in set().union(*outlines):
        probs = [by_outline.get(outline, Fraction(0)) for by_outline in outlines]
        accuracy += max(probs)
        terms += [float(p) * math.log(p / sum(probs)) for p in probs if p]
    return Floor(-math.fsum(sorted(terms)) / len(labels), float(accuracy / len(labels)))


def _rule(name: str, alternatives: Alternatives) -> Rule:
    weighted = alternatives if isinstance(alternatives, Mapping) else dict.fromkeys(alternatives, 1)
    if not weighted or len(weighted) < len(alternatives):
        raise BadInputError(f"grammar symbol {name!r} has no alternatives or repeats one")
    for template, weight in weighted.items():
        if weight < 1:
            raise BadInputError(
                f"grammar symbol {name!r}: the weight of {template!r} is {weight}",
                "use a weight of at least 1",
            )
    weights = tuple(weighted.values())
    return Rule(tuple(map(_parse, weighted)), weights, tuple(accumulate(weights)))


def _parse(template: str) -> Items:
    return tuple(Symbol(m[1]) if m[1] else m[0] for m in _PIECE.finditer(template))


def _shown(items: Items) -> str:
    return "".join(item if isinstance(item, str) else f"{{{item.name}}}" for item in items)


def _mean_chars(rule: Rule) -> Fraction:
    return rule.mean(sum(isinstance(item, str) for item in items) for items in rule.alternatives)
