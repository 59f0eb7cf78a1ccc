"""What holds for every filter. A new one needs its formula in NAIVE and its values in VALUES.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnnlab.base import registry
from rnnlab.decoding import FILTERS, LogProbs, Options, parse_spec
from rnnlab.decoding.filters import ORDER
from tests.toys.filter_rows import (
    EOS,
    LAST,
    PIECES,
    Apply,
    Row,
    load_filter,
    log_probs,
    rows_of,
    text,
)  # fmt: skip
from tests.toys.numeric import assert_close

pytestmark = pytest.mark.filterwarnings("error")
NAMES = registry.names("decoding/filters")
quick = settings(deadline=None, max_examples=15, derandomize=True)
TERMS = 160
"""Rounded operations behind a probability: a log-prob of at most 15 nats, times at most 10, and a
sum of at most 12."""


def best_first(probs: list[float]) -> list[int]:
    return sorted(range(len(probs)), key=lambda i: (-probs[i], i))


def entropy_of(probs: list[float]) -> float:
    return -math.fsum(p * math.log(p) for p in probs if p)


def until(order: list[int], probs: list[float], goal: float) -> list[float]:
    """Keep tokens in an order until their mass reaches a goal."""
    kept = set()
    mass = 0.0
    for i in order:
        if mass >= goal:
            break
        # A mass on the very edge of the goal may be rounded to either side of it.
        assume(abs(mass + probs[i] - goal) > 1e-9)
        kept.add(i)
        mass += probs[i]
    return [p if i in kept else 0.0 for i, p in enumerate(probs)]


def at_least(probs: list[float], bar: float) -> list[float]:
    assume(all(abs(p - bar) > 1e-9 for p in probs))
    best = best_first(probs)[0]
    return [p if p >= bar or i == best else 0.0 for i, p in enumerate(probs)]


def naive_prefix(probs: list[float], prefix: str, row: Row) -> list[float]:
    before = text(row.written)
    # Within a search a row has a letter of the prefix for each token: none is longer and departs.
    if before.startswith(prefix) or len(row.written) >= len(prefix):
        return probs
    after = [before + piece for piece in PIECES[: len(probs)]]
    return [
        p if PIECES[i] and (after[i].startswith(prefix) or prefix.startswith(after[i])) else 0.0
        for i, p in enumerate(probs)
    ]


def naive_bias(probs: list[float], biases: str, row: Row) -> list[float]:
    weights = list(probs)
    for bias in biases.split("|"):
        string, nats = bias.split("=")
        for i, piece in enumerate(PIECES[: len(probs)]):
            if piece and (text(row.tokens) + piece).endswith(string):
                weights[i] *= math.exp(float(nats))
    return weights


def naive_ban(probs: list[float], strings: str, row: Row) -> list[float]:
    before = text(row.tokens)
    # A string is newly written when it is there more often than before.
    return [
        0.0
        if any(
            (before + PIECES[i]).endswith(string, 0, end)
            for string in strings.split("|")
            for end in range(len(before) + 1, len(before + PIECES[i]) + 1)
        )
        else p
        for i, p in enumerate(probs)
    ]


def naive_repetition(probs: list[float], penalty: float, row: Row) -> list[float]:
    return [p**penalty if i in row.tokens[-LAST:] else p for i, p in enumerate(probs)]


def naive_presence(probs: list[float], nats: float, row: Row) -> list[float]:
    return [p * math.exp(-nats * (i in row.tokens[-LAST:])) for i, p in enumerate(probs)]


def naive_frequency(probs: list[float], nats: float, row: Row) -> list[float]:
    return [p * math.exp(-nats * row.tokens[-LAST:].count(i)) for i, p in enumerate(probs)]


def naive_no_repeat(probs: list[float], n: int, row: Row) -> list[float]:
    known = {row.tokens[i : i + n] for i in range(len(row.tokens) - n + 1)}
    return [0.0 if (*row.tokens, i)[-n:] in known else p for i, p in enumerate(probs)]


def naive_min_length(probs: list[float], num: int, row: Row) -> list[float]:
    return [0.0 if i == EOS and len(row.written) < num else p for i, p in enumerate(probs)]


def naive_no_eos(probs: list[float], _ban: str, row: Row) -> list[float]:
    return [0.0 if i == EOS else p for i, p in enumerate(probs)]


def naive_temperature(probs: list[float], temperature: float, row: Row) -> list[float]:
    return [(p / max(probs)) ** (1 / temperature) for p in probs]


def naive_top_n_sigma(probs: list[float], n: float, row: Row) -> list[float]:
    logits = [math.log(p) for p in probs if p]
    mean = math.fsum(logits) / len(logits)
    sigma = math.sqrt(math.fsum((logit - mean) ** 2 for logit in logits) / len(logits))
    bar = max(logits) - n * sigma
    assume(all(logit == max(logits) or abs(logit - bar) > 1e-9 for logit in logits))
    return [p if p == max(probs) or (p and math.log(p) >= bar) else 0.0 for p in probs]


def naive_top_k(probs: list[float], k: int, row: Row) -> list[float]:
    kept = set(best_first(probs)[:k])
    return [p if i in kept else 0.0 for i, p in enumerate(probs)]


def naive_top_p(probs: list[float], p: float, row: Row) -> list[float]:
    return until(best_first(probs), probs, p)


def naive_min_p(probs: list[float], min_p: float, row: Row) -> list[float]:
    return at_least(probs, min_p * max(probs))


def naive_typical(probs: list[float], tau: float, row: Row) -> list[float]:
    mean = entropy_of(probs)
    distance = [abs(-math.log(p) - mean) if p else math.inf for p in probs]
    order = sorted(range(len(probs)), key=lambda i: (distance[i], i))
    for i, j in itertools.pairwise(order):
        # Two tokens as far above as below the entropy: rounding decides which comes first.
        assume(probs[i] == probs[j] or distance[j] - distance[i] > 1e-9)
    return until(order, probs, tau)


def naive_epsilon(probs: list[float], epsilon: float, row: Row) -> list[float]:
    return at_least(probs, epsilon)


def naive_eta(probs: list[float], eta: float, row: Row) -> list[float]:
    return at_least(probs, min(eta, math.sqrt(eta) * math.exp(-entropy_of(probs))))


NAIVE: dict[str, Callable[[list[float], Any, Row], list[float]]] = {
    "prefix": naive_prefix,
    "bias": naive_bias,
    "repetition": naive_repetition,
    "presence": naive_presence,
    "frequency": naive_frequency,
    "no-repeat": naive_no_repeat,
    "ban": naive_ban,
    "min-length": naive_min_length,
    "no-eos": naive_no_eos,
    "temperature": naive_temperature,
    "top-n-sigma": naive_top_n_sigma,
    "top-k": naive_top_k,
    "top-p": naive_top_p,
    "min-p": naive_min_p,
    "typical": naive_typical,
    "epsilon": naive_epsilon,
    "eta": naive_eta,
}
"""The published formula over plain numbers, up to a factor."""
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "prefix": st.sampled_from(["a", "ab", " the", "the", "bab", "he\n", "e e"]),
    "bias": st.sampled_from(["a=1.5|e=-2", " the=-100|th=3", "ab=-1|b=2", "\n=1", "bab=4|zz=1"]),
    "repetition": st.floats(1.01, 10),
    "presence": st.floats(-5, 5).filter(bool),
    "frequency": st.floats(-5, 5).filter(bool),
    "no-repeat": st.integers(1, 4),
    "ban": st.sampled_from(["a", "ab|e", " the", "b|\n", "bab|hh", "ee|aa|bb"]),
    "min-length": st.integers(1, 8),
    "no-eos": st.just("ban"),
    "temperature": st.floats(0.1, 10).filter(lambda temperature: temperature != 1),
    "top-n-sigma": st.floats(0.1, 4),
    "top-k": st.integers(1, 14),
    "top-p": st.floats(0.01, 0.99),
    "min-p": st.floats(0.01, 0.99),
    "typical": st.floats(0.01, 0.99),
    "epsilon": st.floats(0.001, 0.9),
    "eta": st.floats(0.0001, 0.99),
}
PASSING_VALUES: dict[str, Any] = {
    **{name: FILTERS[name].neutral for name in FILTERS},
    "no-repeat": 99,
    "top-n-sigma": 100.0,
    "top-k": 14,
}
"""Values with which `apply` changes nothing. A neutral 0 that stands for "off" is never applied:
these filters have a value of their own here."""
PENALTIES = {name for name in FILTERS if FILTERS[name].kind == "penalty"}
"""All others only drop tokens, or keep the order."""
CONSTRAINTS = {name for name in FILTERS if FILTERS[name].kind == "constraint"}
MAY_DROP_THE_BEST = CONSTRAINTS | {"typical"}
IDEMPOTENT = CONSTRAINTS | {"top-k", "min-p", "epsilon"}
"""Applied twice these do what they do once; a nucleus of a nucleus is smaller."""
WITHOUT_CONTEXT = set(FILTERS) - PENALTIES - CONSTRAINTS
"""The result depends on the distribution alone, not on the text."""


@st.composite
def some_rows(draw: st.DrawFn, num: int) -> list[Row]:
    """Rows of one vocabulary, each with a past of its own.

    Logits are whole 1024ths: two of them are equal, or further apart than any rounding.
    """
    size = draw(st.integers(1, len(PIECES)))
    logit = (
        st.integers(-6144, 6144).map(lambda n: n / 1024)
        | st.sampled_from([0.0, 1.0])
        | st.just(-math.inf)
    )
    rows = []
    for _ in range(num):
        row = draw(
            st.lists(logit, min_size=size, max_size=size).filter(lambda row: max(row) > -math.inf)
        )
        past = st.lists(st.integers(1, size - 1), max_size=6) if size > 1 else st.just([])
        rows.append(Row(tuple(row), tuple(draw(past)), tuple(draw(past))))
    return rows


@dataclass(frozen=True)
class Case:
    """A filter applied once to some rows."""

    name: str
    apply: Apply
    value: Any
    rows: list[Row]
    given_RV: LogProbs
    filtered_RV: LogProbs


def the_type_stays_and_nothing_is_nan(case: Case) -> None:
    assert case.filtered_RV.dtype == case.given_RV.dtype
    assert not np.isnan(case.filtered_RV).any()


def the_callers_array_is_left_alone(case: Case) -> None:
    """It cannot be written to, so that an attempt fails; nor is it handed back."""
    assert not np.shares_memory(case.filtered_RV, case.given_RV)


def the_neutral_value_changes_nothing(case: Case) -> None:
    same_RV = case.apply(case.given_RV, PASSING_VALUES[case.name], rows_of(case.rows))
    assert not np.shares_memory(same_RV, case.given_RV)
    assert_close(same_RV, case.given_RV, terms=len(PIECES))


def what_could_not_come_still_cannot(case: Case) -> None:
    assert (case.filtered_RV[case.given_RV == -np.inf] == -np.inf).all()


def what_is_left_sums_to_one_or_nothing_is_left(case: Case) -> None:
    for filtered_V in case.filtered_RV:
        can_come = bool((filtered_V > -np.inf).any())
        assert can_come or case.name in CONSTRAINTS
        if can_come:
            mass = np.exp(filtered_V, dtype=np.float64).sum()
            assert_close(mass, 1.0, terms=TERMS, dtype=filtered_V.dtype)


def the_best_token_stays_the_best_and_the_order_the_order(case: Case) -> None:
    if case.name in PENALTIES:
        return
    for given_V, filtered_V in zip(case.given_RV, case.filtered_RV, strict=True):
        if case.name not in MAY_DROP_THE_BEST:
            assert filtered_V.argmax() == given_V.argmax()
        best_first_V = filtered_V[np.argsort(-given_V, kind="stable")]
        # A division or a subtraction of one number keeps the order, however it is rounded.
        assert (np.diff(best_first_V[best_first_V > -np.inf]) <= 0).all()


def rows_do_not_see_each_other(case: Case) -> None:
    alone = [
        case.apply(case.given_RV[i : i + 1], case.value, rows_of([row]))
        for i, row in enumerate(case.rows)
    ]
    # A row among others may be summed in another order than alone.
    assert_close(case.filtered_RV, np.concatenate(alone), terms=TERMS)


def once_is_as_good_as_twice(case: Case) -> None:
    if case.name in IDEMPOTENT:
        twice_RV = case.apply(case.filtered_RV, case.value, rows_of(case.rows))
        assert_close(twice_RV, case.filtered_RV, terms=len(PIECES))


def it_agrees_with_the_formula(case: Case) -> None:
    for row, given_V, filtered_V in zip(case.rows, case.given_RV, case.filtered_RV, strict=True):
        weights = NAIVE[case.name](np.exp(given_V, dtype=np.float64).tolist(), case.value, row)
        mass = math.fsum(weights)
        expected_V = np.array([weight / mass if mass else 0.0 for weight in weights])
        probs_V = np.exp(filtered_V, dtype=np.float64)
        assert_close(probs_V, expected_V, terms=TERMS, dtype=filtered_V.dtype)
        assert ((probs_V > 0) == (expected_V > 0)).all()


INVARIANTS: tuple[Callable[[Case], None], ...] = (
    the_type_stays_and_nothing_is_nan,
    the_callers_array_is_left_alone,
    the_neutral_value_changes_nothing,
    what_could_not_come_still_cannot,
    what_is_left_sums_to_one_or_nothing_is_left,
    the_best_token_stays_the_best_and_the_order_the_order,
    rows_do_not_see_each_other,
    once_is_as_good_as_twice,
    it_agrees_with_the_formula,  # last: it leaves out distributions that rounding would decide
)


@pytest.fixture(params=NAMES, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_filter_is_in_the_order_of_the_chain_and_in_the_tables_of_this_test() -> None:
    assert sorted(ORDER) == list(NAMES)
    assert list(FILTERS) == list(ORDER)
    assert set(NAIVE) == set(VALUES) == set(NAMES)
    # The documented order, which decides the result of every spec with two filters.
    assert list(ORDER) == list(NAIVE)


def test_the_option_of_a_filter_is_what_its_module_declares(name: str) -> None:
    declared, field = FILTERS[name], Options.model_fields[FILTERS[name].option]
    assert field.default == declared.neutral
    assert field.description == declared.help
    assert [name for name in FILTERS if FILTERS[name].option == declared.option] == [name]


def test_the_docstring_says_what_it_does_and_who_says_so(name: str) -> None:
    assert registry.summary("decoding/filters", name).endswith(".")
    assert "Source: " in registry.description("decoding/filters", name).replace("\n", " ")


@quick
@given(data=st.data(), rows=some_rows(3), dtype=st.sampled_from([np.float32, np.float64]))
def test_every_invariant_holds_for_any_rows(
    name: str, data: st.DataObject, rows: list[Row], dtype: type
) -> None:
    """A failure's traceback names the invariant."""
    value, given_RV, apply = data.draw(VALUES[name]), log_probs(rows, dtype), load_filter(name)
    given_RV.setflags(write=False)
    case = Case(name, apply, value, rows, given_RV, apply(given_RV, value, rows_of(rows)))
    for invariant in INVARIANTS:
        invariant(case)


def test_a_row_without_a_token_stays_without_one_and_harms_no_other(name: str) -> None:
    value = {"no-repeat": 1, "no-eos": "ban", "prefix": "a", "bias": "a=1", "ban": "b"}.get(name, 1)
    apply = load_filter(name)
    dead, live = Row((-math.inf,) * 4, (1,), (2,)), Row((0.0, 1.0, 2.0, 3.0), (3,))
    for dtype in (np.float32, np.float64):
        filtered_RV = apply(log_probs([dead, live], dtype), value, rows_of([dead, live]))
        assert (filtered_RV[0] == -np.inf).all()
        alone_1V = apply(log_probs([live], dtype), value, rows_of([live]))
        assert_close(filtered_RV[1:], alone_1V, terms=4)
        assert (alone_1V > -np.inf).any()


@pytest.mark.parametrize("name", sorted(WITHOUT_CONTEXT))
@settings(quick, max_examples=10)
@given(data=st.data(), num=st.integers(1, 12))
def test_of_equal_tokens_the_first_are_kept(name: str, data: st.DataObject, num: int) -> None:
    row = Row((0.0,) * num)
    filtered_1V = load_filter(name)(log_probs([row]), data.draw(VALUES[name]), rows_of([row]))
    is_kept_V = filtered_1V[0] > -np.inf
    num_kept = int(is_kept_V.sum())
    assert num_kept >= 1
    assert is_kept_V.tolist() == [True] * num_kept + [False] * (num - num_kept)


@pytest.mark.parametrize("name", sorted(WITHOUT_CONTEXT))
@settings(quick, max_examples=2)
@given(seed=st.integers(0, 99))
def test_a_large_vocabulary_full_of_ties_is_decided_by_the_formula(name: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = [Row(tuple(generator.integers(-9, 3, 1000).tolist())) for _ in range(2)]
    value = {"top-k": 432, "eta": 0.0009, "epsilon": 0.0005, "temperature": 0.7}.get(name, 0.6543)
    for dtype in (np.float32, np.float64):
        given_RV = log_probs(rows, dtype)
        filtered_RV = load_filter(name)(given_RV, value, rows_of(rows))
        for given_V, filtered_V, row in zip(given_RV, filtered_RV, rows, strict=True):
            weights = NAIVE[name](np.exp(given_V, dtype=np.float64).tolist(), value, row)
            with np.errstate(divide="ignore"):
                expected_V = np.log(np.array(weights) / math.fsum(weights))
            # As exact as the sum of 1000 probabilities in blocks of 128, which numpy adds pairwise.
            assert_close(filtered_V, expected_V, terms=16, dtype=dtype)


@quick
@given(rows=some_rows(1))
def test_options_apply_the_filters_in_the_documented_order(rows: list[Row]) -> None:
    options = parse_spec("sample:min_p=0.1,p=0.8,top_k=4,temperature=0.7,bias=a=2,last=4").options
    order = ["bias", "temperature", "top-k", "top-p", "min-p"]
    assert [filter_name for filter_name, _ in options.active_filters()] == order
    given_1V = log_probs(rows)
    probs = np.exp(given_1V[0]).tolist()
    for filter_name, value in options.active_filters():
        weights = NAIVE[filter_name](probs, value, rows[0])
        probs = [weight / math.fsum(weights) for weight in weights]
    filtered_1V = options.filter(given_1V, rows_of(rows))
    assert_close(np.exp(filtered_1V[0]), probs, terms=TERMS * len(order))
    *_, (last_name, last_1V) = options.filter_by_filter(given_1V, rows_of(rows))
    assert last_name == "min-p"
    np.testing.assert_array_equal(last_1V, filtered_1V)  # the same calls in the same order


@settings(quick, max_examples=5)
@given(data=st.data())
def test_each_option_turns_on_its_filter_alone(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    options = Options.model_validate({FILTERS[name].option: value})
    assert options.active_filters() == ((name, value),)
    assert options.active_kinds() == {FILTERS[name].kind}
    assert not Options().has_filters
