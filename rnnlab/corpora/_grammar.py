"""A small probabilistic grammar whose texts have an entropy that we know.

A symbol expands to one of its alternatives, drawn by integer weights; an alternative is a template
whose names in braces are symbols again. Alternatives without weights are equally likely:

    Grammar({"line": {"{who} sings.": 3, "{who} hums.": 1}, "who": ["A duck", "The mayor"]})

One draw of symbol A has the entropy h(A) = -sum_i p_i ln p_i, writes l(A) letters of its own and
M(A, B) symbols B on average. With v(A) the expected number of draws of A in a derivation,

    v = e_start + v M,    entropy of a derivation = v h,    expected letters = v l

(Grenander 1967). Where every text has one derivation, which `check_prefix_free` proves, this is the
entropy of the text. A sequence of independent texts has (entropy of one) / (expected letters of
one) nats a letter, counting a separator only where the grammar writes it itself.

Of a generator only `random()` is used, whose values Python promises to keep: the same seed gives
the same bytes everywhere.
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
"""Templates, equally likely or each with its weight."""

_PIECE = re.compile(r"\{(\w+)\}|.", re.DOTALL)
_MAX_PAIRS, _MAX_ITEMS = 500_000, 1_000
"""Pairs looked at, and length of one, before a proof is given up: ten times what stump needs."""


class Symbol(NamedTuple):
    """A place in a template where a symbol is expanded."""

    name: str


Items = tuple[str | Symbol, ...]
"""A parsed template: single letters and symbols."""


class Rule(NamedTuple):
    """The alternatives of one symbol."""

    alternatives: tuple[Items, ...]
    weights: tuple[int, ...]
    upto: tuple[int, ...]
    """Running sums of the weights; the last one is their total."""

    def symbols(self) -> list[str]:
        """Return the symbols that the alternatives use, each as often as it is used."""
        items = chain.from_iterable(self.alternatives)
        return [item.name for item in items if isinstance(item, Symbol)]

    def entropy(self) -> float:
        """Return the entropy of one draw in nats."""
        total = self.upto[-1]
        return math.log(total) - math.fsum(w * math.log(w) for w in self.weights) / total

    def mean(self, amounts: Iterable[int]) -> Fraction:
        """Return the expected amount where each alternative has one."""
        return Fraction(sum(map(mul, self.weights, amounts)), self.upto[-1])


class Derivation(NamedTuple):
    """A text and how likely its derivation was."""

    text: str
    logprob: float
    """In nats."""


class Expectation(NamedTuple):
    """What the derivations of a symbol are like on average, exact but for rounding."""

    entropy_nats: float
    letters: float


class Grammar:
    """Weighted alternatives for each symbol; never changes (what was computed is kept).

    Raises BadInputError for a symbol without alternatives, with one of them twice or with a weight
    below 1, and UnknownNameError where a template uses a symbol that is not there.
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
        """Return a text drawn from `start`; without a finite expected length it may never end."""
        letters: list[str] = []
        logprobs: list[float] = []
        waiting: list[str | Symbol] = [Symbol(start)]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                letters.append(item)
                continue
            rule = self.rule(item.name)
            total = rule.upto[-1]
            drawn = bisect_right(rule.upto, int(generator.random() * total))
            logprobs.append(math.log(rule.weights[drawn] / total))
            waiting.extend(reversed(rule.alternatives[drawn]))
        return Derivation("".join(letters), math.fsum(logprobs))

    def expect(self, start: str) -> Expectation:
        """Return what derivations are like; raises BadInputError where they are infinitely long."""
        if start in self._expectations:
            return self._expectations[start]
        draws = self.expected_draws(start)
        entropies = (float(v) * self._rules[name].entropy() for name, v in draws.items())
        lengths = (v * _mean_letters(self._rules[name]) for name, v in draws.items())
        found = Expectation(math.fsum(entropies), float(sum(lengths)))
        self._expectations[start] = found
        return found

    def expected_draws(self, start: str) -> dict[str, Fraction]:
        """Return how often each symbol below `start` is drawn in a derivation on average.

        Solves v (I - M) = e_start in fractions by elimination without pivoting. I - M has nothing
        positive off its diagonal, so all pivots are positive exactly where the spectral radius of M
        is below 1 (Berman and Plemmons 1979, theorem 6.2.3), which is where v is finite; raises
        BadInputError otherwise.
        """
        names = self._below(start)
        places = range(len(names))
        rows = [[Fraction(int(i == j)) for j in places] for i in places]  # I - M, transposed
        for j in places:
            rule = self._rules[names[j]]
            for name in set(rule.symbols()):
                uses = (items.count(Symbol(name)) for items in rule.alternatives)
                rows[names.index(name)][j] -= rule.mean(uses)
        right = [Fraction(int(name == start)) for name in names]
        for i in places:
            if rows[i][i] <= 0:
                raise BadInputError(
                    f"the texts of grammar symbol {start!r} are infinitely long on average",
                    f"give those alternatives of {names[i]!r} that end it more weight",
                )
            for j in places[i + 1 :]:
                if factor := rows[j][i] / rows[i][i]:
                    rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j], strict=True)]
                    right[j] -= factor * right[i]
        draws = [Fraction(0)] * len(names)
        for i in reversed(places):
            later = sum(rows[i][k] * draws[k] for k in places[i + 1 :])
            draws[i] = (right[i] - later) / rows[i][i]
        return dict(zip(names, draws, strict=True))

    def outlines(self, start: str, kept: Collection[str]) -> dict[Items, Fraction]:
        """Return what a symbol comes to when those kept are not expanded, and how probably.

        Whatever is expanded must not be recursive. Where the grammar is prefix-free, different
        outlines have no text in common.
        """
        found: dict[Items, Fraction] = {}
        waiting: list[tuple[Items, Items, Fraction]] = [((), (Symbol(start),), Fraction(1))]
        while waiting:
            done, items, probability = waiting.pop()
            if not items:
                found[done] = found.get(done, Fraction(0)) + probability
            elif isinstance(items[0], str) or items[0].name in kept:
                waiting.append(((*done, items[0]), items[1:], probability))
            else:
                rule = self.rule(items[0].name)
                waiting += [
                    (done, (*alternative, *items[1:]), probability * Fraction(w, rule.upto[-1]))
                    for alternative, w in zip(rule.alternatives, rule.weights, strict=True)
                ]
        return found

    def check_prefix_free(self) -> None:
        """Prove that every text has one derivation; raises BadInputError where the proof fails.

        It proves more: of two derivations of a symbol, neither text begins with the other, so a
        sequence of texts, too, can be cut in one way only. The condition is sufficient, not
        necessary: an optional ending has to be written together with what follows it.

        Each two alternatives of a symbol are read side by side, an unlike symbol in every way it
        can go on; the proof fails where one ends before they differ. A symbol to which both come at
        the same place is skipped. That is sound: take the smallest pair of derivations that breaks
        the rule. Where they part within one alternative or within a skipped symbol, that part
        breaks it too and is smaller; else the reading follows both to the end of the shorter text.
        """
        seen: set[tuple[Items, Items]] = set()
        for name, rule in self._rules.items():
            for a, b in combinations(rule.alternatives, 2):
                common = self._common_text(a, b, seen)
                if common is not None:
                    raise BadInputError(
                        f"grammar symbol {name!r}: {_shown(a)!r} and {_shown(b)!r} both begin with "
                        f"{common!r}, where one may end"
                    )

    def _common_text(self, a: Items, b: Items, seen: set[tuple[Items, Items]]) -> str | None:
        """Return a text of `a` or `b` with which the other may begin; None where there is none."""
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

    def _below(self, start: str) -> list[str]:
        """Return the symbols that `start` comes to, itself first."""
        names: list[str] = []
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name not in names:
                names.append(name)
                waiting += self.rule(name).symbols()
        return names


def bayes_floor(grammar: Grammar, labels: Sequence[str], kept: Collection[str]) -> Floor:
    """Return how well equally frequent labels, each a symbol, can be told by their texts.

    kept: symbols that say the same whatever the label. With P(outline | label), the best guess is
    right with probability sum_outline max_label P / n; the label's entropy given the text is
    -sum P/n ln(P / sum_label P) (Duda and Hart 1973).
    """
    outlines = [grammar.outlines(label, kept) for label in labels]
    accuracy, terms = Fraction(0), []
    for outline in set().union(*outlines):
        shares = [of_label.get(outline, Fraction(0)) for of_label in outlines]
        accuracy += max(shares)
        terms += [float(p) * math.log(p / sum(shares)) for p in shares if p]
    return Floor(-math.fsum(sorted(terms)) / len(labels), float(accuracy / len(labels)))


def _rule(name: str, alternatives: Alternatives) -> Rule:
    weighted = alternatives if isinstance(alternatives, Mapping) else dict.fromkeys(alternatives, 1)
    if not weighted or len(weighted) < len(alternatives):
        raise BadInputError(f"grammar symbol {name!r} has no alternative, or one of them twice")
    for template, weight in weighted.items():
        if weight < 1:
            raise BadInputError(
                f"grammar symbol {name!r} gives {template!r} weight {weight}", "weights start at 1"
            )
    weights = tuple(weighted.values())
    return Rule(tuple(map(_parse, weighted)), weights, tuple(accumulate(weights)))


def _parse(template: str) -> Items:
    return tuple(Symbol(m[1]) if m[1] else m[0] for m in _PIECE.finditer(template))


def _shown(items: Items) -> str:
    return "".join(item if isinstance(item, str) else f"{{{item.name}}}" for item in items)


def _mean_letters(rule: Rule) -> Fraction:
    return rule.mean(sum(isinstance(item, str) for item in items) for items in rule.alternatives)
