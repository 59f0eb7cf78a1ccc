"""What every filter owes the lab; a new one needs an entry in the tables below.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnnlab import registry
from rnnlab.decoding import Options, Prompt, Start, parse_spec
from rnnlab.decoding._hypothesis import empty_hypothesis
from rnnlab.decoding._numbers import LogProbs
from rnnlab.decoding._text import Rows

pytestmark = pytest.mark.filterwarnings("error")
NAMES = registry.names("decoding/filters")
quick = settings(deadline=None, max_examples=25, derandomize=True)
Apply = Callable[[LogProbs, Any, Rows], LogProbs]
EOS = 0
PIECES = ("", "a", "b", "e", "th", " the", "ab", "h", " ", "ba", "\n", "he")
LAST = 4
"""How far the penalties look back here."""


@dataclass(frozen=True)
class Row:
    """A distribution, and what was read and written before it."""

    logits: tuple[float, ...]
    prompt: tuple[int, ...] = ()
    written: tuple[int, ...] = ()

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.prompt + self.written


def text(tokens: Sequence[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def rows_of(rows: Sequence[Row]) -> Rows:
    hypotheses = []
    for number, row in enumerate(rows):
        hypothesis = empty_hypothesis(number)
        for token in row.written:
            hypothesis = hypothesis.extended(token, -1.0, -1.0, None)
        hypotheses.append(hypothesis)
    prompts = [Prompt(row.prompt) for row in rows]
    start = Start(np.empty((0, 0)), None, EOS, prompts, PIECES[: len(rows[0].logits)])
    return Rows(hypotheses, start, Options(last=LAST))


def log_probs(rows: Sequence[Row], dtype: type = np.float64) -> LogProbs:
    logits_RV = np.array([row.logits for row in rows], dtype=np.float64)
    best_R1 = logits_RV.max(-1, keepdims=True)
    shifted_RV = logits_RV - np.where(best_R1 == -np.inf, 0.0, best_R1)
    mass_R1 = np.exp(shifted_RV).sum(-1, keepdims=True)
    return (shifted_RV - np.log(np.where(mass_R1 == 0, 1.0, mass_R1))).astype(dtype)


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
NEUTRAL: dict[str, Any] = {
    "prefix": "",
    "bias": "",
    "repetition": 1.0,
    "presence": 0.0,
    "frequency": 0.0,
    "no-repeat": 99,
    "ban": "",
    "min-length": 0,
    "no-eos": "stop",
    "temperature": 1.0,
    "top-n-sigma": 100.0,
    "top-k": 14,
    "top-p": 1.0,
    "min-p": 0.0,
    "typical": 1.0,
    "epsilon": 0.0,
    "eta": 0.0,
}
"""The value that changes nothing."""
MAY_TURN_THE_ORDER = {"bias", "repetition", "presence", "frequency"}
"""All others only drop tokens, or keep the ratios' order."""
MAY_DROP_THE_BEST = {"prefix", "ban", "no-repeat", "min-length", "no-eos", "typical"}
IDEMPOTENT = {
    "prefix", "ban", "no-repeat", "min-length", "no-eos", "top-k", "min-p", "epsilon",
}  # fmt: skip
"""Applied twice these do what they do once; a nucleus of a nucleus is smaller."""
WITHOUT_CONTEXT = {
    "temperature", "top-n-sigma", "top-k", "top-p", "min-p", "typical", "epsilon", "eta",
}  # fmt: skip
"""What was read and written does not matter to them."""


@st.composite
def some_rows(draw: st.DrawFn, num: int = 1) -> list[Row]:
    """Rows of one vocabulary, each with a past of its own."""
    size = draw(st.integers(1, len(PIECES)))
    logit = st.floats(-6, 6) | st.sampled_from([0.0, 1.0]) | st.just(-math.inf)
    found = []
    for _ in range(num):
        row = draw(
            st.lists(logit, min_size=size, max_size=size).filter(lambda row: max(row) > -math.inf)
        )
        past = st.lists(st.integers(1, size - 1), max_size=6) if size > 1 else st.just([])
        found.append(Row(tuple(row), tuple(draw(past)), tuple(draw(past))))
    return found


some_row = some_rows().map(lambda rows: rows[0])


@pytest.fixture(params=NAMES, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def apply(name: str) -> Apply:
    return loaded(name)


def loaded(name: str) -> Apply:
    found: Apply = registry.load("decoding/filters", name).apply
    return found


def test_every_filter_is_in_the_tables_of_this_test_and_in_the_chain() -> None:
    for table in (NAIVE, VALUES, NEUTRAL):
        assert set(table) == set(NAMES)
    assert [filter_name for filter_name, _ in Options.FILTERS] == list(NAIVE)
    assert set(NAMES) >= MAY_TURN_THE_ORDER | MAY_DROP_THE_BEST | IDEMPOTENT | WITHOUT_CONTEXT
    assert MAY_TURN_THE_ORDER == Options.PENALTIES


def test_the_docstring_says_what_it_does_and_who_says_so(name: str) -> None:
    assert registry.summary("decoding/filters", name).endswith(".")
    assert "Source: " in registry.description("decoding/filters", name).replace("\n", " ")


@quick
@given(data=st.data(), row=some_row)
def test_it_agrees_with_the_formula(name: str, apply: Apply, data: st.DataObject, row: Row) -> None:
    value = data.draw(VALUES[name])
    given_1V = log_probs([row])
    weights = NAIVE[name](np.exp(given_1V[0]).tolist(), value, row)
    mass = math.fsum(weights)
    expected = [weight / mass for weight in weights] if mass else [0.0] * len(weights)
    found = np.exp(apply(given_1V, value, rows_of([row]))[0]).tolist()
    assert found == pytest.approx(expected, abs=1e-9)
    assert [p > 0 for p in found] == [p > 0 for p in expected]


@quick
@given(data=st.data(), row=some_row, dtype=st.sampled_from([np.float32, np.float64]))
def test_what_is_left_sums_to_one_or_nothing_is_left(
    name: str, apply: Apply, data: st.DataObject, row: Row, dtype: type
) -> None:
    given_1V = log_probs([row], dtype)
    found_1V = apply(given_1V, data.draw(VALUES[name]), rows_of([row]))
    assert found_1V.dtype == dtype
    assert not np.isnan(found_1V).any()
    can_come_V = found_1V[0] > -np.inf
    if name not in MAY_DROP_THE_BEST - {"typical"}:
        assert can_come_V.any()
    if can_come_V.any():
        mass = np.exp(found_1V[0], dtype=np.float64).sum()
        assert mass == pytest.approx(1.0, abs=1e-5 if dtype is np.float32 else 1e-12)


@quick
@given(data=st.data(), row=some_row)
def test_the_best_token_stays_the_best(
    name: str, apply: Apply, data: st.DataObject, row: Row
) -> None:
    given_1V = log_probs([row])
    found_1V = apply(given_1V, data.draw(VALUES[name]), rows_of([row]))
    if name not in MAY_TURN_THE_ORDER | MAY_DROP_THE_BEST:
        assert found_1V.argmax() == given_1V.argmax()
    if name not in MAY_TURN_THE_ORDER:
        order_V = np.argsort(-given_1V[0], kind="stable")
        left_N = found_1V[0, order_V][found_1V[0, order_V] > -np.inf]
        assert (np.diff(left_N) <= 1e-12).all()


@quick
@given(data=st.data(), row=some_row)
def test_what_could_not_come_still_cannot(
    name: str, apply: Apply, data: st.DataObject, row: Row
) -> None:
    given_1V = log_probs([row])
    found_1V = apply(given_1V, data.draw(VALUES[name]), rows_of([row]))
    assert (found_1V[given_1V == -np.inf] == -np.inf).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_without_a_token_stays_without_one_and_harms_no_other(
    name: str, apply: Apply, dtype: type
) -> None:
    value = {"no-repeat": 1, "no-eos": "ban", "prefix": "a", "bias": "a=1", "ban": "b"}.get(name, 1)
    dead, live = Row((-math.inf,) * 4, (1,), (2,)), Row((0.0, 1.0, 2.0, 3.0), (3,))
    found_RV = apply(log_probs([dead, live], dtype), value, rows_of([dead, live]))
    assert (found_RV[0] == -np.inf).all()
    alone_1V = apply(log_probs([live], dtype), value, rows_of([live]))
    np.testing.assert_array_equal(found_RV[1:], alone_1V)
    assert (alone_1V > -np.inf).any()


@pytest.mark.parametrize("name", sorted(IDEMPOTENT))
@quick
@given(data=st.data(), row=some_row)
def test_once_is_as_good_as_twice(name: str, data: st.DataObject, row: Row) -> None:
    value, rows = data.draw(VALUES[name]), rows_of([row])
    once_1V = loaded(name)(log_probs([row]), value, rows)
    np.testing.assert_allclose(loaded(name)(once_1V, value, rows), once_1V, atol=1e-12)


@quick
@given(row=some_row)
def test_the_neutral_value_changes_nothing(name: str, apply: Apply, row: Row) -> None:
    given_1V = log_probs([row])
    found_1V = apply(given_1V, NEUTRAL[name], rows_of([row]))
    np.testing.assert_allclose(np.exp(found_1V), np.exp(given_1V), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", sorted(WITHOUT_CONTEXT))
@quick
@given(data=st.data(), num=st.integers(1, 12))
def test_of_equal_tokens_the_first_are_kept(name: str, data: st.DataObject, num: int) -> None:
    row = Row((0.0,) * num)
    found_1V = loaded(name)(log_probs([row]), data.draw(VALUES[name]), rows_of([row]))
    is_kept_V = found_1V[0] > -np.inf
    num_kept = int(is_kept_V.sum())
    assert num_kept >= 1
    assert is_kept_V.tolist() == [True] * num_kept + [False] * (num - num_kept)


@pytest.mark.parametrize(
    ("name", "value", "num_kept"),
    [
        ("top-k", 700, 700),
        ("top-p", 0.3501, 701),
        ("typical", 0.3501, 701),
        ("epsilon", 0.01, 1),
        ("eta", 0.01, 2000),
        ("min-p", 1.0, 2000),
        ("top-n-sigma", 1.0, 2000),
    ],
)
def test_many_equal_tokens_are_decided_as_few_are(name: str, value: float, num_kept: int) -> None:
    """Beyond some size numpy sorts by other algorithms, not all of them stable."""
    row = Row((0.0,) * 2000)
    is_kept_V = loaded(name)(log_probs([row]), value, rows_of([row]))[0] > -np.inf
    assert is_kept_V.tolist() == [True] * num_kept + [False] * (2000 - num_kept)


@pytest.mark.parametrize("name", sorted(WITHOUT_CONTEXT))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(deadline=None, max_examples=4, derandomize=True)
@given(seed=st.integers(0, 99))
def test_a_large_vocabulary_full_of_ties_is_decided_by_the_formula(
    name: str, dtype: type, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    rows = [Row(tuple(generator.integers(-9, 3, 1000).tolist())) for _ in range(3)]
    value = {"top-k": 432, "eta": 0.0009, "epsilon": 0.0005, "temperature": 0.7}.get(name, 0.6543)
    given_RV = log_probs(rows, dtype)
    found_RV = loaded(name)(given_RV, value, rows_of(rows))
    for given_V, found_V, row in zip(given_RV, found_RV, rows, strict=True):
        weights = NAIVE[name](np.exp(given_V, dtype=np.float64).tolist(), value, row)
        expected_V = np.array(weights) / math.fsum(weights)
        np.testing.assert_array_equal(found_V > -np.inf, expected_V > 0)
        np.testing.assert_allclose(np.exp(found_V), expected_V, rtol=1e-4, atol=1e-12)


@quick
@given(data=st.data(), rows=some_rows(3))
def test_rows_do_not_see_each_other(
    name: str, apply: Apply, data: st.DataObject, rows: list[Row]
) -> None:
    value = data.draw(VALUES[name])
    together_RV = apply(log_probs(rows), value, rows_of(rows))
    alone = [apply(log_probs([row]), value, rows_of([row])) for row in rows]
    np.testing.assert_array_equal(together_RV, np.concatenate(alone))


@quick
@given(data=st.data(), row=some_row)
def test_the_callers_array_is_left_alone(
    name: str, apply: Apply, data: st.DataObject, row: Row
) -> None:
    given_1V = log_probs([row])
    given_1V.setflags(write=False)
    found_1V = apply(given_1V, data.draw(VALUES[name]), rows_of([row]))
    assert not np.shares_memory(found_1V, given_1V)
    neutral_1V = apply(given_1V, NEUTRAL[name], rows_of([row]))
    assert not np.shares_memory(neutral_1V, given_1V)


@pytest.mark.parametrize(
    ("p", "kept"), [(0.5, 1), (0.5001, 2), (0.75, 2), (0.76, 3), (0.0001, 1), (1.0, 4)]
)
def test_the_nucleus_ends_with_the_token_that_reaches_p(p: float, kept: int) -> None:
    row = Row(tuple(np.log([0.125, 0.5, 0.25, 0.125])))
    found_V = loaded("top-p")(log_probs([row]), p, rows_of([row]))[0]
    assert np.flatnonzero(found_V > -np.inf).tolist() == sorted([1, 2, 0, 3][:kept])


@pytest.mark.parametrize(("min_p", "kept"), [(0.25, 4), (0.2501, 2), (0.5, 2), (0.51, 1), (1.0, 1)])
def test_min_p_keeps_what_is_on_its_bar(min_p: float, kept: int) -> None:
    row = Row(tuple(np.log([0.125, 0.5, 0.25, 0.125])))
    found_V = loaded("min-p")(log_probs([row]), min_p, rows_of([row]))[0]
    assert int((found_V > -np.inf).sum()) == kept


@pytest.mark.parametrize(
    ("n", "kept"), [(1.2, [1]), (1.3, [1, 2]), (2.4, [1, 2]), (2.5, [1, 2, 3])]
)
def test_sigma_is_of_the_tokens_that_can_come(n: float, kept: list[int]) -> None:
    """Logits 2, 1, 0: sigma is sqrt(2/3) = 0.82, so that they lie 0, 1.22 and 2.45 below."""
    row = Row((-math.inf, 2.0, 1.0, 0.0, -math.inf))
    found_V = loaded("top-n-sigma")(log_probs([row]), n, rows_of([row]))[0]
    assert np.flatnonzero(found_V > -np.inf).tolist() == kept


@pytest.mark.parametrize(("tau", "num_kept"), [(0.25, 1), (0.26, 2), (0.5, 2), (0.51, 3)])
def test_the_typical_set_ends_with_the_token_that_reaches_tau(tau: float, num_kept: int) -> None:
    row = Row(tuple(np.log([0.25] * 4)))
    found_V = loaded("typical")(log_probs([row]), tau, rows_of([row]))[0]
    assert np.flatnonzero(found_V > -np.inf).tolist() == list(range(num_kept))


@pytest.mark.parametrize(
    ("tau", "kept"), [(0.05, [1]), (0.13, [1, 2, 3]), (0.61, [0, *range(1, 11)])]
)
def test_the_typical_set_can_do_without_the_most_probable_token(
    tau: float, kept: list[int]
) -> None:
    """Entropy 2.05 nats: 0.06 surprises by 2.81, 0.76 above it, and 0.4 by 0.92, 1.14 below it."""
    row = Row(tuple(np.log([0.4, *[0.06] * 10])))
    found_V = loaded("typical")(log_probs([row]), tau, rows_of([row]))[0]
    assert np.flatnonzero(found_V > -np.inf).tolist() == kept


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-46, 5e-324])
def test_the_coldest_temperature_leaves_the_best_tokens(temperature: float, dtype: type) -> None:
    row = Row((1.0, 3.0, 3.0, -math.inf, 2.0))
    found_1V = loaded("temperature")(log_probs([row], dtype), temperature, rows_of([row]))
    assert np.exp(found_1V)[0].tolist() == pytest.approx([0.0, 0.5, 0.5, 0.0, 0.0])


@quick
@given(row=some_row)
def test_options_apply_the_filters_in_the_documented_order(row: Row) -> None:
    options = parse_spec("sample:min_p=0.1,p=0.8,top_k=4,temperature=0.7,bias=a=2,last=4").options
    order = ["bias", "temperature", "top-k", "top-p", "min-p"]
    assert [filter_name for filter_name, _ in options.active_filters()] == order
    given_1V = log_probs([row])
    probs = np.exp(given_1V[0]).tolist()
    for filter_name, value in options.active_filters():
        weights = NAIVE[filter_name](probs, value, row)
        probs = [weight / math.fsum(weights) for weight in weights]
    found_1V = options.filter(given_1V, rows_of([row]))
    assert np.exp(found_1V[0]).tolist() == pytest.approx(probs, abs=1e-9)
    *_, (last_name, last_1V) = options.filter_by_filter(given_1V, rows_of([row]))
    assert last_name == "min-p"
    np.testing.assert_array_equal(last_1V, found_1V)


@quick
@given(data=st.data())
def test_each_option_turns_on_its_filter_alone(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    option = dict(Options.FILTERS)[name]
    assert Options(**{option: value}).active_filters() == ((name, value),)
    assert not Options().has_filters
