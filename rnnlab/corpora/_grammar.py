"""A probabilistic grammar, and the exact entropy of its texts.

A symbol expands to one of its alternatives, drawn with integer weights. An alternative is a
template; names in braces are symbols. Alternatives without weights are equally probable:

    Grammar({"line": {"{who} sings.": 3, "{who} hums.": 1}, "who": ["A duck", "The mayor"]})

One draw of symbol A has the entropy h(A) = -sum_i p_i ln p_i, and on average writes l(A) characters
and M(A, B) symbols B. With v(A) the expected number of draws of A in a derivation,

    v = e_start + v M,    entropy of a derivation = v h,    expected characters = v l

(Grenander 1967). If every text has only one derivation, which `check_prefix_free` proves, this is
the entropy of the text. A sequence of independent texts has (entropy of one) / (expected characters
of one) nats per character; a separator counts only if the grammar writes it.

Uses only the method `random()` of a generator, whose values Python guarantees: the same seed gives
the same bytes on every machine.
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
"""Templates, equally probable or with weights."""

_PIECE = re.compile(r"\{(\w+)\}|.", re.DOTALL)
_MAX_PAIRS, _MAX_ITEMS = 500_000, 1_000
"""Limits of a proof, in pairs and in items of a pair: ten times the needs of `stump`."""


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
        """Return the expected value of an amount, given its value for each alternative."""
        return Fraction(sum(map(mul, self.weights, amounts)), self.upto[-1])


class Derivation(NamedTuple):
    """A text and the log-probability of its derivation."""

    text: str
    logprob: float
    """In nats."""


class Expectation(NamedTuple):
    """Expected values over the derivations of a symbol, exact except for rounding."""

    entropy_nats: float
    num_chars: float


class Grammar:
    """Weighted alternatives for each symbol; immutable, with cached expectations.

    Raises BadInputError for a symbol without alternatives, with a repeated one or with a weight
    below 1, and UnknownNameError if a template contains an unknown symbol.
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
        """Return a random text of symbol `start`; endless if the expected length is infinite."""
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
        """Return the expected number of draws per derivation of each symbol reachable from `start`.

        Solves v (I - M) = e_start in fractions by elimination without pivoting. The elements of
        I - M outside the diagonal are not positive, so all pivots are positive if and only if the
        spectral radius of M is below 1 (Berman and Plemmons 1979, theorem 6.2.3) and v is finite.
        Raises BadInputError otherwise.
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
        """Return the expansions of a symbol, and their probabilities, with some symbols unexpanded.

        The expanded symbols must not be recursive. If the grammar is prefix-free, different
        outlines have no text in common.
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

        It proves more: no text of a symbol is a prefix of another one, so that a sequence of texts
        can be divided in only one way. The condition is sufficient, not necessary: an optional
        ending must be written together with the text that follows it.

        Compares every two alternatives of a symbol item by item. If two items differ, a symbol is
        expanded in every way; the proof fails if one alternative ends before a difference. If both
        items are the same symbol, it is skipped. This is sound: take the smallest pair of
        derivations that violates the rule. If they differ within a skipped symbol, the parts of
        that symbol are a smaller violating pair; otherwise the comparison follows both to the end
        of the shorter text.
        """
        seen: set[tuple[Items, Items]] = set()
        for name, rule in self._rules.items():
            for a, b in combinations(rule.alternatives, 2):
                common = self._common_text(a, b, seen)
                if common is not None:
                    raise BadInputError(
                        f"grammar symbol {name!r}: {_shown(a)!r} and {_shown(b)!r} both begin with "
                        f"{common!r}, which may be all of one of them"
                    )

    def _common_text(self, a: Items, b: Items, seen: set[tuple[Items, Items]]) -> str | None:
        """Return a text of `a` or `b` that is a prefix of a text of the other; None if none is."""
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
        """Return all symbols reachable from `start`, itself first."""
        names: list[str] = []
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name not in names:
                names.append(name)
                waiting += self.rule(name).symbols()
        return names


def bayes_floor(grammar: Grammar, labels: Sequence[str], unexpanded: Collection[str]) -> Floor:
    """Return the floor of classifying texts of n equally frequent labels, each a symbol.

    unexpanded: symbols that are independent of the label. With P(outline | label), the best
    prediction is correct with probability sum_outline max_label P / n; the label's entropy given
    the text is -sum P/n ln(P / sum_label P) (Duda and Hart 1973).
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
        raise BadInputError(f"grammar symbol {name!r} has no alternatives, or a repeated one")
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
