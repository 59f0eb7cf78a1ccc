"""The contract of every stepper, for every cell: the results of the model, token by token.

Shapes: R rows, T steps, V tokens of the vocabulary, F features that the head reads.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from rnnlab.base import registry
from rnnlab.corpora import Vocabulary
from rnnlab.inference.steppers import make_stepper
from rnnlab.models import LanguageModel, build_model
from rnnlab.settings.run_config import RunConfig
from tests.toys.numeric import assert_close
from tests.toys.steppers import NATIVE_CELLS, needs_native
from tests.toys.steppers import start as start_rows

R, T, V = 4, 30, 11
CELLS = registry.names("cells")
ENGINES = [pytest.param("native", marks=needs_native), "torch"]
CASES = [(cell, "torch") for cell in CELLS] + [
    pytest.param(cell, "native", marks=needs_native) for cell in NATIVE_CELLS
]
STACKS: dict[str, dict[str, Any]] = {
    "embedding": {},
    "one-hot": {"one_hot": True},
    "two layers": {"layers": 2},
    "two layers, one-hot": {"layers": 2, "one_hot": True},
    "tied": {"tied": True, "embedding": 13},
    "residual": {"layers": 3, "residual": True},
}
ROUNDED = 13 + 13
"""Products in the sum of a gate. Errors of earlier steps fade: the weights contract."""


def cases_with_stacks() -> list[Any]:
    """Return every cell with one stack, every native cell with two; each stack for both engines."""
    stacks = itertools.cycle(STACKS)
    torchs = [(cell, "torch", stack) for cell, stack in zip(CELLS, stacks, strict=False)]
    twice = [cell for cell in NATIVE_CELLS for _ in range(2)]
    natives = [
        pytest.param(cell, "native", stack, marks=needs_native)
        for cell, stack in zip(twice, itertools.cycle(STACKS), strict=False)
    ]
    return [*torchs, *natives]


def make_model(cell: str, dtype: str = "float32", **settings: Any) -> LanguageModel:
    """Return a model with random weights and a bounded hidden state."""
    values = {"corpus": "none", "cell": cell, "hidden": 13, "embedding": 5, **settings}
    model = build_model(RunConfig.from_values(values), Vocabulary(tuple("abcdefghijk"))).eval()
    assert isinstance(model, LanguageModel)
    random = torch.Generator().manual_seed(1)
    bound = values["hidden"] ** -0.5
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.copy_(torch.empty(tensor.shape).uniform_(-bound, bound, generator=random))
    return model.double() if dtype == "float64" else model


class Path(NamedTuple):
    """The tokens of every step, and their parent rows."""

    parents_TR: np.ndarray[Any, np.dtype[np.int64]]
    tokens_TR: np.ndarray[Any, np.dtype[np.int64]]


def make_path(seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    return Path(random.integers(0, R, (T, R)), random.integers(0, V, (T, R)))


def start(model: LanguageModel, stepper: Any) -> Any:
    return start_rows(model, stepper, R)


@pytest.mark.parametrize(("cell", "engine", "stack"), cases_with_stacks())
def test_a_path_has_the_log_probs_and_features_of_the_model_in_float64(
    cell: str, engine: Any, stack: str
) -> None:
    wide = make_model(cell, "float64", **STACKS[stack])
    stepper = make_stepper(make_model(cell, **STACKS[stack]), engine)
    state, wide_state = start(wide.float(), stepper), wide.double().start_state(R)
    for parents_R, tokens_R in zip(*make_path(), strict=True):
        parents = tuple(
            tuple(part[torch.from_numpy(parents_R)] for part in layer) for layer in wide_state
        )
        with torch.inference_mode():
            features_RF, wide_state = wide.rnn.step(wide.embed(torch.from_numpy(tokens_R)), parents)
            log_probs_RV = wide.log_probs(wide.logits(features_RF))
        found_RV, state = stepper.step(state, parents_R, tokens_R)
        assert found_RV.flags.c_contiguous
        assert_close(found_RV, log_probs_RV.numpy(), terms=ROUNDED, dtype=np.float32)
        found_RF = stepper.features(state)
        assert_close(found_RF, features_RF.numpy(), terms=ROUNDED, dtype=np.float32)


@pytest.mark.parametrize(("cell", "engine"), CASES)
def test_it_continues_from_a_prefilled_state(cell: str, engine: Any) -> None:
    model = make_model(cell, layers=2, residual=True)
    stepper = make_stepper(model, engine)
    tokens_RT = torch.from_numpy(make_path().tokens_TR.T.copy())
    with torch.inference_mode():
        y_RTF, _ = model.rnn(model.embed(tokens_RT), model.start_state(R))
        logits_RTV, _ = model(tokens_RT, model.start_state(R))
    begun = stepper.select(stepper.begin(), np.zeros(R, np.int64))
    features_RTF, state = stepper.read(begun, tokens_RT[:, :-1].numpy())
    assert_close(features_RTF, y_RTF[:, :-1].numpy(), terms=ROUNDED)
    np.testing.assert_array_equal(stepper.features(state), features_RTF[:, -1])  # a copy
    predicted_RV = stepper.predict(features_RTF[:, -1])
    assert_close(predicted_RV, model.log_probs(logits_RTV[:, -2]).numpy(), terms=ROUNDED)
    found_RV, _ = stepper.step(state, np.arange(R), tokens_RT[:, -1].numpy())
    expected_RV = model.log_probs(logits_RTV[:, -1]).numpy()
    assert_close(found_RV, expected_RV, terms=ROUNDED)


@pytest.mark.parametrize(("cell", "engine"), CASES)
def test_a_state_is_not_changed_by_a_step_from_it(cell: str, engine: Any) -> None:
    model = make_model(cell, layers=2, residual=True)
    stepper = make_stepper(model, engine)
    parents_TR, tokens_TR = make_path()
    state = start(model, stepper)
    _, state = stepper.step(state, parents_TR[0], tokens_TR[0])
    first_RV, first = stepper.step(state, parents_TR[1], tokens_TR[1])
    kept_RV, kept_RF = first_RV.copy(), stepper.features(first).copy()
    stepper.step(first, parents_TR[2], tokens_TR[2])
    # The same step from the same memory: the same operations in the same order.
    again_RV, again = stepper.step(state, parents_TR[1], tokens_TR[1])
    assert np.array_equal(again_RV, kept_RV)
    assert np.array_equal(first_RV, kept_RV)
    assert np.array_equal(stepper.features(again), kept_RF)


@pytest.mark.parametrize(("cell", "engine"), CASES)
def test_a_step_from_parents_is_a_step_from_their_selected_rows(cell: str, engine: Any) -> None:
    model = make_model(cell, layers=2)
    stepper = make_stepper(model, engine)
    _, state = stepper.step(start(model, stepper), *(ids[0] for ids in make_path()))
    parents_N, tokens_N = np.array([3, 1, 1, 0, 3, 3]), np.array([5, 2, 7, 0, 10, 5])
    found_NV, after = stepper.step(state, parents_N, tokens_N)
    for row, (parent, token) in enumerate(zip(parents_N, tokens_N, strict=True)):
        alone_1V, alone = stepper.step(
            stepper.select(state, np.array([parent])), np.array([0]), np.array([token])
        )
        if engine == "native":
            assert np.array_equal(alone_1V[0], found_NV[row])
        assert_close(alone_1V[0], found_NV[row], terms=ROUNDED)
        assert_close(stepper.features(alone)[0], stepper.features(after)[row], terms=ROUNDED)


@pytest.mark.parametrize(("cell", "engine"), CASES)
def test_selected_and_joined_rows_continue_unchanged(cell: str, engine: Any) -> None:
    stepper = make_stepper(model := make_model(cell, layers=2, residual=True), engine)
    (parents_R, *_), (tokens_R, more_R, *_) = make_path()
    _, state = stepper.step(start(model, stepper), parents_R, tokens_R)
    order_R = np.array([2, 0, 3, 1])
    apart = [stepper.select(state, order_R[:1]), stepper.select(state, order_R[1:])]
    joined = stepper.join(apart)
    expected_RF = stepper.features(state)[order_R]
    np.testing.assert_array_equal(stepper.features(joined), expected_RF)
    found_RV, _ = stepper.step(joined, np.arange(R), more_R)
    expected_RV, _ = stepper.step(state, order_R, more_R)
    if engine == "native":
        np.testing.assert_array_equal(found_RV, expected_RV)
    assert_close(found_RV, expected_RV, terms=ROUNDED)


@pytest.mark.parametrize("engine", ENGINES)
def test_features_are_a_copy(engine: Any) -> None:
    model = make_model("lstm")
    stepper = make_stepper(model, engine)
    _, state = stepper.step(start(model, stepper), *(ids[0] for ids in make_path()))
    before = stepper.features(state).copy()
    stepper.features(state)[:] = 7.0
    assert np.array_equal(stepper.features(state), before)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("parents", "tokens"),
    [([0, R], [0, 0]), ([-1, 0], [0, 0]), ([0, 0], [0, V]), ([0, 0], [-1, 0])],
)
def test_a_missing_row_or_token_is_refused(
    engine: Any, parents: list[int], tokens: list[int]
) -> None:
    model = make_model("gru")
    stepper = make_stepper(model, engine)
    with pytest.raises(IndexError):
        stepper.step(start(model, stepper), np.array(parents), np.array(tokens))


@pytest.mark.parametrize("engine", ENGINES)
def test_ids_may_be_read_only_or_strided(engine: Any) -> None:
    model = make_model("gru")
    stepper = make_stepper(model, engine)
    tokens_TR = make_path().tokens_TR
    expected_RV, _ = stepper.step(start(model, stepper), np.arange(R), tokens_TR[0])
    columns = np.asfortranarray(tokens_TR)
    columns.flags.writeable = False
    found_RV, _ = stepper.step(start(model, stepper), np.arange(R), columns[0])
    assert np.array_equal(found_RV, expected_RV)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_rows_give_no_rows(engine: Any) -> None:
    model = make_model("lstm")
    stepper = make_stepper(model, engine)
    none = np.array([], np.int64)
    log_probs_RV, state = stepper.step(start(model, stepper), none, none)
    assert log_probs_RV.shape == (0, V)
    assert stepper.features(state).shape == (0, 13)
