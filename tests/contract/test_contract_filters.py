"""What holds for every filter. A new one needs a formula in NAIVE and values in VALUES.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base import registry
from rnnlab.decoding import FILTERS, LogProbs, Options, parse_spec
from rnnlab.decoding.filters import ORDER
from tests.toys.filter_formulas import NAIVE
from tests.toys.filter_rows import (
    PIECES,
    Apply,
    Row,
    load_filter,
    log_probs,
    rows_of,
)  # fmt: skip
from tests.toys.numeric import assert_close

pytestmark = pytest.mark.filterwarnings("error")
NAMES = registry.names("decoding/filters")
quick = settings(deadline=None, max_examples=15, derandomize=True)
TERMS = 160
"""Rounded operations behind a probability: a log-prob of at most 15 nats, times at most 10, and a
sum of at most 12."""
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
    """Rows of one vocabulary, each with a past of its own, made from one number: a draw is dear.

    Logits are whole 1024ths: two of them are equal, or further apart than any rounding.
    """
    size, chance = draw(st.integers(1, len(PIECES))), random.Random(draw(st.integers(0, 10**6)))

    def past() -> tuple[int, ...]:
        length = chance.randint(0, 6) if size > 1 else 0
        return tuple(chance.randint(1, size - 1) for _ in range(length))

    rows = []
    for _ in range(num):
        kinds = chance.choice(["any", "any", "any tie none", "tie none", "any none"]).split()
        drawn = {
            "any": lambda: chance.randint(-6144, 6144) / 1024,
            "tie": lambda: chance.choice([0.0, 1.0]),
            "none": lambda: -math.inf,
        }
        row = [drawn[chance.choice(kinds)]() for _ in range(size)]
        if max(row) == -math.inf:
            row[chance.randrange(size)] = 0.0
        rows.append(Row(tuple(row), past(), past()))
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
