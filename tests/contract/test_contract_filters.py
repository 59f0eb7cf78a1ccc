"""What every filter owes the lab; a new one needs an entry in the three tables below.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnlab import registry
from rnnlab.decoding import Options, parse_spec

NAMES = registry.names("decoding/filters")
quick = settings(deadline=None, max_examples=50, derandomize=True)
Apply = Callable[[Tensor, float], Tensor]


def naive_temperature(probs: list[float], temperature: float) -> list[float]:
    powers = [p ** (1 / temperature) for p in probs]
    return [power / math.fsum(powers) for power in powers]


def best_first(probs: list[float]) -> list[int]:
    return sorted(range(len(probs)), key=lambda i: (-probs[i], i))


def keep(probs: list[float], kept: list[int]) -> list[float]:
    mass = math.fsum(probs[i] for i in kept)
    return [probs[i] / mass if i in kept else 0.0 for i in range(len(probs))]


def naive_top_k(probs: list[float], k: float) -> list[float]:
    return keep(probs, best_first(probs)[: int(k)])


def naive_top_p(probs: list[float], p: float) -> list[float]:
    kept: list[int] = []
    mass = 0.0
    for i in best_first(probs):
        if mass >= p:
            break
        # A mass on the very edge of p may be rounded to either side of it.
        assume(abs(mass + probs[i] - p) > 1e-9)
        kept.append(i)
        mass += probs[i]
    return keep(probs, kept)


NAIVE = {"temperature": naive_temperature, "top-k": naive_top_k, "top-p": naive_top_p}
"""The published formula, over plain numbers."""
VALUES: dict[str, st.SearchStrategy[float]] = {
    "temperature": st.floats(0.1, 10),
    "top-k": st.integers(1, 14),
    "top-p": st.floats(0.01, 0.99),
}
NEUTRAL = {"temperature": 1.0, "top-k": 14, "top-p": 1.0}
"""The value that changes nothing."""
IDEMPOTENT = {"top-k"}
"""Applied twice these do what they do once; a nucleus of a nucleus is smaller."""

logits = st.lists(
    st.floats(-6, 6) | st.sampled_from([0.0, 1.0]) | st.just(-math.inf), min_size=1, max_size=12
).filter(lambda row: max(row) > -math.inf)


@pytest.fixture(params=NAMES, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def apply(name: str) -> Apply:
    found: Apply = registry.load("decoding/filters", name).apply
    return found


def log_probs(row: list[float]) -> Tensor:
    return torch.tensor([row], dtype=torch.float64).log_softmax(-1)


def test_every_filter_is_in_the_tables_of_this_test_and_in_the_chain() -> None:
    for table in (NAIVE, VALUES, NEUTRAL):
        assert set(table) == set(NAMES)
    assert {filter_name for filter_name, _ in Options.FILTERS} == set(NAMES)


def test_the_docstring_says_what_it_does(name: str) -> None:
    assert registry.summary("decoding/filters", name).endswith(".")


@quick
@given(data=st.data(), row=logits)
def test_it_agrees_with_the_formula(
    name: str, apply: Apply, data: st.DataObject, row: list[float]
) -> None:
    value = data.draw(VALUES[name])
    given_1V = log_probs(row)
    expected = NAIVE[name](given_1V[0].exp().tolist(), value)
    assert apply(given_1V, value)[0].exp().tolist() == pytest.approx(expected, abs=1e-9)


@quick
@given(data=st.data(), row=logits)
def test_probabilities_sum_to_one_and_the_best_token_stays_the_best(
    name: str, apply: Apply, data: st.DataObject, row: list[float]
) -> None:
    given_1V = log_probs(row)
    found_1V = apply(given_1V, data.draw(VALUES[name]))
    assert found_1V.logsumexp(-1).item() == pytest.approx(0.0, abs=1e-9)
    assert found_1V.argmax() == given_1V.argmax()
    assert not found_1V.isnan().any()


@quick
@given(data=st.data(), row=logits)
def test_what_could_not_come_still_cannot_and_no_order_is_turned(
    name: str, apply: Apply, data: st.DataObject, row: list[float]
) -> None:
    given_1V = log_probs(row)
    found_1V = apply(given_1V, data.draw(VALUES[name]))
    assert found_1V[given_1V == -math.inf].eq(-math.inf).all()
    order = given_1V[0].argsort(descending=True, stable=True)
    assert (found_1V[0, order].exp().diff() <= 1e-12).all()


@quick
@given(data=st.data(), row=logits)
def test_once_is_as_good_as_twice(
    name: str, apply: Apply, data: st.DataObject, row: list[float]
) -> None:
    value = data.draw(VALUES[name])
    once_1V = apply(log_probs(row), value)
    twice_1V = apply(once_1V, value)
    if name in IDEMPOTENT:
        torch.testing.assert_close(twice_1V, once_1V)
    else:
        assert twice_1V[once_1V == -math.inf].eq(-math.inf).all()


@quick
@given(row=logits)
def test_the_neutral_value_changes_nothing(name: str, apply: Apply, row: list[float]) -> None:
    given_1V = log_probs(row)
    found_1V = apply(given_1V, NEUTRAL[name])
    torch.testing.assert_close(found_1V.exp(), given_1V.exp(), rtol=0, atol=1e-12)


@quick
@given(data=st.data(), num=st.integers(1, 12))
def test_of_equal_tokens_the_first_are_kept(
    name: str, apply: Apply, data: st.DataObject, num: int
) -> None:
    value = data.draw(VALUES[name])
    kept = apply(log_probs([0.0] * num), value)[0] > -math.inf
    num_kept = int(kept.sum())
    assert kept.tolist() == [True] * num_kept + [False] * (num - num_kept)


def test_many_equal_tokens_are_decided_as_few_are(name: str, apply: Apply) -> None:
    """Beyond some size torch sorts by other algorithms, not all of them stable."""
    value = {"temperature": 2.0, "top-k": 700, "top-p": 0.3501}[name]
    kept = apply(log_probs([0.0] * 2000), value)[0] > -math.inf
    num_kept = {"temperature": 2000, "top-k": 700, "top-p": 701}[name]
    assert kept.tolist() == [True] * num_kept + [False] * (2000 - num_kept)


@quick
@given(data=st.data(), rows=st.lists(logits, min_size=2, max_size=4))
def test_rows_do_not_see_each_other(
    name: str, apply: Apply, data: st.DataObject, rows: list[list[float]]
) -> None:
    value = data.draw(VALUES[name])
    size = min(map(len, rows))
    rows = [row[:size] for row in rows]
    assume(all(max(row) > -math.inf for row in rows))
    alone = [log_probs(row) for row in rows]
    together_RV = apply(torch.cat(alone), value)
    assert torch.equal(together_RV, torch.cat([apply(row_1V, value) for row_1V in alone]))


def test_the_callers_tensor_is_left_alone(name: str, apply: Apply) -> None:
    given_1V = log_probs([0.5, 2.0, 1.0, -1.0])
    apply(given_1V, {"temperature": 0.5, "top-k": 2, "top-p": 0.5}[name])
    assert torch.equal(given_1V, log_probs([0.5, 2.0, 1.0, -1.0]))


@pytest.mark.parametrize(
    ("p", "kept"), [(0.5, 1), (0.5001, 2), (0.75, 2), (0.76, 3), (0.0001, 1), (1.0, 4)]
)
def test_the_nucleus_ends_with_the_token_that_reaches_p(p: float, kept: int) -> None:
    apply: Apply = registry.load("decoding/filters", "top-p").apply
    given_1V = torch.tensor([[0.125, 0.5, 0.25, 0.125]]).log()
    found = apply(given_1V, p)[0].exp().tolist()
    best_first_ids = [1, 2, 0, 3]
    expected = keep([0.125, 0.5, 0.25, 0.125], best_first_ids[:kept])
    assert found == pytest.approx(expected, abs=1e-6)


@quick
@given(row=logits)
def test_options_apply_the_filters_in_the_documented_order(row: list[float]) -> None:
    options = parse_spec("sample:p=0.8,top_k=4,temperature=0.7").options
    assert [filter_name for filter_name, _ in options.active_filters()] == [
        "temperature",
        "top-k",
        "top-p",
    ]
    given_1V = log_probs(row)
    probs = naive_top_k(naive_temperature(given_1V[0].exp().tolist(), 0.7), 4)
    expected = naive_top_p(probs, 0.8)
    assert options.filter(given_1V)[0].exp().tolist() == pytest.approx(expected, abs=1e-9)
