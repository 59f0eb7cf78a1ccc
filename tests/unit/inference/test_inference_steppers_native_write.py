"""Several steps in one call of C equal single steps to the bit, and choose the same tokens.

Shapes: R rows, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from rnnlab.decoding import draw
from rnnlab.inference.network import Network
from rnnlab.inference.steppers import NativeStepper
from rnnlab.native import load_library
from tests.toys.steppers import NATIVE_CELLS, make_model, needs_native, start

pytestmark = needs_native
R, V = 5, 23


class Way:
    """Some rows that have read a token, with their log-probs."""

    def __init__(self, cell: str = "lstm", num_threads: int = 1, rows: int = R, **settings: Any):
        self.model = make_model(cell, num_tokens=V, **settings)
        library = load_library().library
        assert library is not None
        network = Network.of(self.model)
        # One product per thread, so that even a tiny model uses all threads.
        self.stepper = NativeStepper(network, library, num_threads, products_per_thread=1)
        self.writer = self.stepper.writer
        tokens_R = np.arange(rows) % V
        self.log_probs_RV, self.state = self.stepper.step(
            start(self.model, self.stepper, rows), np.arange(rows), tokens_R
        )

    def by_steps(self, parents_R: Any, num: int, goals_TR: Any) -> tuple[Any, Any, Any]:
        log_probs_RV, state = self.log_probs_RV[parents_R], self.state
        tokens, after = [], []
        for t in range(num):
            tokens_R = log_probs_RV.argmax(-1)
            if goals_TR is not None:
                generators = [_Given(goal) for goal in goals_TR[t]]
                tokens_R = draw(log_probs_RV, range(len(parents_R)), generators)
            log_probs_RV, state = self.stepper.step(state, parents_R, tokens_R)
            parents_R = np.arange(len(parents_R))
            tokens.append(tokens_R)
            after.append(log_probs_RV)
        return np.stack(tokens), np.stack(after), state


class _Given(np.random.Generator):
    def __init__(self, goal: float) -> None:
        super().__init__(np.random.PCG64(0))
        self._goal = goal

    def random(self, *_: object, **__: object) -> float:  # type: ignore[override]
        return self._goal


def some_goals(num: int, rows: int) -> Any:
    return np.random.default_rng(3).random((num, rows))


@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_one_call_equals_single_steps_to_the_bit(cell: str) -> None:
    way = Way(cell, layers=2, residual=True)
    parents_R = np.array([4, 0, 0, 3])
    for num, is_drawn in itertools.product([1, 2, 7], [False, True]):
        case = f"{num} steps, {is_drawn=}"
        goals_TR = some_goals(num, len(parents_R)) if is_drawn else None
        tokens_TR, after_TRV, state = way.by_steps(parents_R, num, goals_TR)
        written = way.writer.write(
            way.state, parents_R, way.log_probs_RV[parents_R], num, goals_TR, None
        )
        assert np.array_equal(written.tokens_TR, tokens_TR), case
        assert np.array_equal(written.log_probs_TRV, after_TRV), case
        assert np.array_equal(written.state.rows_RS, state.rows_RS), case


@pytest.mark.parametrize("num_threads", [1, 3])
def test_many_rows_on_threads_are_the_same_to_the_bit(num_threads: int) -> None:
    way = Way("gru", num_threads, rows=97, hidden=64)
    everyone = np.arange(97)
    goals_TR = some_goals(5, 97)
    tokens_TR, after_TRV, _ = way.by_steps(everyone, 5, goals_TR)
    written = way.writer.write(way.state, everyone, way.log_probs_RV, 5, goals_TR, None)
    assert np.array_equal(written.tokens_TR, tokens_TR)
    assert np.array_equal(written.log_probs_TRV, after_TRV)


def test_the_callers_state_does_not_change() -> None:
    way = Way()
    before = way.state.rows_RS.copy()
    way.writer.write(way.state, np.arange(R), way.log_probs_RV, 4, None, None)
    assert np.array_equal(way.state.rows_RS, before)


def test_it_stops_once_every_row_has_ended() -> None:
    way = Way()
    free = way.writer.write(way.state, np.arange(R), way.log_probs_RV, 12, some_goals(12, R), None)
    for eos in range(V):
        written = way.writer.write(
            way.state, np.arange(R), way.log_probs_RV, 12, some_goals(12, R), eos
        )
        firsts = [np.flatnonzero(free.tokens_TR[:, row] == eos) for row in range(R)]
        length = 1 + max(f[0] for f in firsts) if all(map(len, firsts)) else 12
        assert np.array_equal(written.tokens_TR, free.tokens_TR[:length])
        after = way.stepper.step(written.state, np.arange(R), np.zeros(R, np.int64))[0]
        whole = way.by_steps(np.arange(R), length, some_goals(12, R))[2]
        assert np.array_equal(after, way.stepper.step(whole, np.arange(R), np.zeros(R, int))[0])
    assert way.writer.write(
        way.state, np.arange(1), way.log_probs_RV[:1], 9, None, int(way.log_probs_RV[0].argmax())
    ).tokens_TR.shape == (1, 1)


@pytest.mark.parametrize("impossible", [[], [0], [V - 1], [0, 1, V - 2, V - 1], [*range(1, V)]])
def test_a_draw_never_has_probability_zero(impossible: list[int]) -> None:
    way = Way(rows=1)
    log_probs_1V = way.log_probs_RV.copy()
    log_probs_1V[:, impossible] = -np.inf
    for goal in (0.0, 0.5, float(np.nextafter(1.0, 0.0)), 1.0):
        expected = draw(log_probs_1V, [0], [_Given(goal)])
        goals_TR = np.array([[goal]])
        written = way.writer.write(way.state, np.arange(1), log_probs_1V, 1, goals_TR, None)
        assert written.tokens_TR[0, 0] == expected[0], goal
        assert expected[0] not in impossible, goal


def test_a_tie_goes_to_the_first_token() -> None:
    way = Way(rows=1)
    log_probs_1V = np.full((1, V), -5.0, np.float32)
    log_probs_1V[0, [4, 9]] = -1.0
    written = way.writer.write(way.state, np.arange(1), log_probs_1V, 1, None, None)
    assert written.tokens_TR[0, 0] == 4


@pytest.mark.parametrize("parents", [[0, R], [-1, 0]])
def test_a_missing_row_is_refused(parents: list[int]) -> None:
    way = Way()
    with pytest.raises(IndexError, match="parent"):
        way.writer.write(way.state, np.array(parents), way.log_probs_RV[:2], 3, None, None)


@pytest.mark.parametrize("shape", [(3, R), (2, R - 1)])
def test_goals_of_another_shape_are_refused(shape: tuple[int, int]) -> None:
    way = Way()
    with pytest.raises(IndexError, match="goals"):
        way.writer.write(way.state, np.arange(R), way.log_probs_RV, 2, np.zeros(shape), None)


def test_log_probs_of_another_shape_are_refused() -> None:
    way = Way()
    with pytest.raises(IndexError, match="log-probs"):
        way.writer.write(way.state, np.arange(R), way.log_probs_RV[:2], 2, None, None)


def test_arrays_may_be_read_only_or_strided() -> None:
    way = Way()
    goals_TR = np.asfortranarray(some_goals(4, R))
    log_probs_RV: Any = np.asfortranarray(way.log_probs_RV)
    for array in (goals_TR, log_probs_RV):
        array.flags.writeable = False
    result = way.writer.write(way.state, np.arange(R), log_probs_RV, 4, goals_TR, None)
    expected = way.writer.write(
        way.state, np.arange(R), way.log_probs_RV, 4, some_goals(4, R), None
    )
    assert np.array_equal(result.tokens_TR, expected.tokens_TR)


def test_large_steps_are_few_in_a_call_so_that_text_still_streams() -> None:
    small, large = Way().stepper.writer, Way(hidden=400, layers=3).stepper.writer
    assert small.stretch(1) > large.stretch(60) >= 1
    assert large.stretch(10_000) == 1
