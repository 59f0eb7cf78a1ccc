"""The grammar against independent computations: enumeration, series, counting."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.corpora._grammar import Alternatives, Grammar
from tests.toys.numeric import assert_close

Rules = Mapping[str, Alternatives]
SYMBOL = re.compile(r"\{(\w+)\}")

FLAT: Rules = {
    "line": {"{who} {does}.": 3, "Is {who} {well}?": 2, "Hum!": 1},
    "who": {"a duck": 5, "the mayor": 2},
    "does": ["sings", "hums {well}", "naps"],
    "well": {"well": 1, "badly": 9},
}
LOOPS: Rules = {
    "reber": ["B{first}E"],
    "first": {"T{s}": 1, "P{t}": 1},
    "s": {"S{s}": 1, "X{x}": 1},
    "x": {"X{t}": 1, "S": 1},
    "t": {"T{t}": 1, "V{v}": 1},
    "v": {"P{x}": 1, "V": 1},
}
NESTED: Rules = {
    "open": {")": 6, "({open}{open}": 1, "[{square}{open}": 1},
    "square": {"]": 4, "({open}{square}": 1},
}


def probabilities(alternatives: Alternatives) -> dict[str, float]:
    """Return the probability of each template."""
    if not isinstance(alternatives, Mapping):
        alternatives = dict.fromkeys(alternatives, 1)
    return {text: weight / sum(alternatives.values()) for text, weight in alternatives.items()}


def enumerate_texts(rules: Rules, start: str, least: float) -> dict[str, list[float]]:
    """Return the probability of each derivation above `least`, by its text."""
    result: defaultdict[str, list[float]] = defaultdict(list)
    waiting = [(f"{{{start}}}", 1.0)]
    while waiting:
        text, probability = waiting.pop()
        if probability < least:
            continue
        match = SYMBOL.search(text)
        if match is None:
            result[text].append(probability)
            continue
        for template, p in probabilities(rules[match[1]]).items():
            expanded = text[: match.start()] + template + text[match.end() :]
            waiting.append((expanded, probability * p))
    return result


def test_entropy_and_length_equal_those_of_all_texts() -> None:
    texts = {text: sum(each) for text, each in enumerate_texts(FLAT, "line", 0.0).items()}
    assert math.fsum(texts.values()) == pytest.approx(1)
    expected = Grammar(FLAT).expect("line")
    entropy_nats = -math.fsum(p * math.log(p) for p in texts.values())
    # Each is a sum over the texts; their probabilities are products of a few factors.
    assert_close(expected.entropy_nats, entropy_nats, terms=len(texts))
    letters = math.fsum(p * len(text) for text, p in texts.items())
    assert_close(expected.num_chars, letters, terms=len(texts))


@pytest.mark.parametrize("rules", [FLAT, LOOPS, NESTED], ids=["flat", "loops", "nested"])
def test_entropy_and_length_are_fixed_points_of_the_chain_rule(rules: Rules) -> None:
    """H(symbol) = sum over alternatives of p (-ln p + sum of H over the symbols in it)."""
    entropies, lengths = dict.fromkeys(rules, 0.0), dict.fromkeys(rules, 0.0)
    for _ in range(300):
        for name in rules:
            new_entropy = new_length = 0.0
            for template, p in probabilities(rules[name]).items():
                used = SYMBOL.findall(template)
                new_entropy += p * (-math.log(p) + sum(entropies[symbol] for symbol in used))
                own = len(SYMBOL.sub("", template))
                new_length += p * (own + sum(lengths[symbol] for symbol in used))
            entropies[name], lengths[name] = new_entropy, new_length
    for name in rules:
        expected = Grammar(rules).expect(name)
        # After 300 rounds the error is below 9 digits, but above rounding.
        assert expected.entropy_nats == pytest.approx(entropies[name], rel=1e-9)
        assert expected.num_chars == pytest.approx(lengths[name], rel=1e-9)


def test_the_reber_grammar_takes_six_fair_choices_on_average() -> None:
    expected = Grammar(LOOPS).expect("reber")
    assert expected.entropy_nats == pytest.approx(6 * math.log(2))
    assert expected.num_chars == pytest.approx(8)


def test_a_geometric_length_has_its_closed_form() -> None:
    expected = Grammar({"run": {"a{run}": 9, "b": 1}}).expect("run")
    assert expected.num_chars == pytest.approx(10)
    assert expected.entropy_nats == pytest.approx(-10 * (0.9 * math.log(0.9) + 0.1 * math.log(0.1)))


def test_expected_draws_are_exact_fractions() -> None:
    draws = Grammar({"open": {")": 3, "({open}{open}": 1, "{dot}{open}": 1}, "dot": ["."]})
    assert draws.expected_draws("open") == {"open": Fraction(5, 2), "dot": Fraction(1, 2)}


def test_expected_draws_ignore_unreachable_symbols() -> None:
    grammar = Grammar({"a": ["x"], "endless": ["{endless}"]})
    assert grammar.expected_draws("a") == {"a": 1}


def test_texts_are_drawn_with_their_probabilities() -> None:
    generator, num_draws = Random(3), 20_000
    grammar = Grammar(FLAT)
    drawn = Counter(grammar.derive("line", generator).text for _ in range(num_draws))
    texts = {text: sum(each) for text, each in enumerate_texts(FLAT, "line", 0.0).items()}
    assert set(drawn) == set(texts)
    for text, probability in texts.items():
        deviation = math.sqrt(num_draws * probability * (1 - probability))
        assert abs(drawn[text] - num_draws * probability) < 5 * deviation


def test_a_derivation_knows_its_own_probability() -> None:
    grammar, generator = Grammar(FLAT), Random(4)
    texts = enumerate_texts(FLAT, "line", 0.0)
    for _ in range(100):
        derivation = grammar.derive("line", generator)
        assert [math.exp(derivation.logprob)] == pytest.approx(texts[derivation.text])


def test_the_same_seed_gives_the_same_texts() -> None:
    grammar = Grammar(LOOPS)
    first, second = Random(7), Random(7)
    for _ in range(50):
        assert grammar.derive("reber", first) == grammar.derive("reber", second)


def test_a_draw_uses_one_value_of_random_and_the_weights_only() -> None:
    class Scripted(Random):
        values = iter([0.0, 0.2499999, 0.25, 0.7499999, 0.75, 1 - 2**-53])

        def random(self) -> float:
            return next(self.values)

    grammar, generator = Grammar({"letter": {"a": 1, "b": 2, "c": 1}}), Scripted()
    assert [grammar.derive("letter", generator).text for _ in range(6)] == list("aabbcc")


def test_deep_nesting_does_not_need_deep_recursion() -> None:
    text = Grammar({"run": {"a{run}": 9999, "b": 1}}).derive("run", Random(2)).text
    assert len(text) > 5_000
    assert text == "a" * (len(text) - 1) + "b"


@pytest.mark.parametrize("rules", [FLAT, LOOPS, NESTED], ids=["flat", "loops", "nested"])
def test_prefix_free_grammars_have_one_derivation_per_text(rules: Rules) -> None:
    Grammar(rules).check_prefix_free()
    texts = enumerate_texts(rules, next(iter(rules)), 1e-6)
    assert all(len(derivations) == 1 for derivations in texts.values())
    in_order = sorted(texts)
    assert not any(b.startswith(a) for a, b in pairwise(in_order))


@pytest.mark.parametrize(
    ("rules", "common"),
    [
        ({"a": ["x", "xy"]}, "x"),
        ({"a": ["x", ""]}, ""),
        ({"a": ["{b}", "{c}"], "b": ["ox", "ax"], "c": ["ay", "ox"]}, "ox"),
        ({"a": ["{b} {b}", "{b}{c}"], "b": ["o", "x"], "c": [" o!", "."]}, "{b} o"),
        ({"a": ["({a}", "{b}"], "b": ["(({b}", "."]}, "(({b}"),
    ],
    ids=["prefix", "empty", "hidden", "after a shared symbol", "recursive"],
)
def test_the_proof_fails_if_a_text_is_a_prefix_of_another(rules: Rules, common: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(repr(common))):
        Grammar(rules).check_prefix_free()


def test_the_proof_ends_on_left_recursion() -> None:
    with pytest.raises(BadInputError, match="both begin with 'y'"):
        Grammar({"a": ["{a}x", "y"]}).check_prefix_free()
    with pytest.raises(BadInputError, match="too large"):
        Grammar({"a": ["{b}", "y"], "b": ["{b}x", "z"]}).check_prefix_free()


@pytest.mark.parametrize(
    "rules",
    [
        {"a": ["{a}"]},
        {"a": ["x{a}"]},
        {"a": {"x{a}{a}": 1, ".": 1}},
        {"a": {"x{a}{a}": 2, ".": 1}},
        {"a": ["{b}"], "b": {"({b}{c}": 1, ".": 1}, "c": {"[{b}": 1, ",": 1, "{c}{c}": 2}},
    ],
    ids=["nothing", "no end", "critical", "growing", "through others"],
)
def test_an_infinite_length_is_refused(rules: Rules) -> None:
    with pytest.raises(BadInputError, match="infinitely long"):
        Grammar(rules).expect("a")


def test_a_length_barely_finite_is_computed() -> None:
    expected = Grammar({"a": {"x{a}{a}": 499_999, ".": 500_001}}).expect("a")
    assert expected.num_chars == pytest.approx(500_000)


def test_an_unknown_symbol_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'person'"):
        Grammar({"line": ["{persn} sings."], "person": ["A duck"]})


def test_an_unknown_start_is_refused() -> None:
    grammar = Grammar(FLAT)
    with pytest.raises(UnknownNameError, match="lines"):
        grammar.derive("lines", Random(1))
    with pytest.raises(UnknownNameError, match="lines"):
        grammar.expect("lines")


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_below_one_is_refused(weight: int) -> None:
    with pytest.raises(BadInputError, match=r"'who'.*'duck'.*weight"):
        Grammar({"who": {"mayor": 1, "duck": weight}})


@pytest.mark.parametrize("alternatives", [[], {}, ["duck", "duck"]])
def test_missing_or_repeated_alternatives_are_refused(alternatives: Alternatives) -> None:
    with pytest.raises(BadInputError, match="'who'"):
        Grammar({"who": alternatives})
