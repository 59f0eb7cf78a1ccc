"""The native step: results to the bit independent of other rows, and correct at extremes.

The order of its sums does not depend on rows and threads, so that equality is exact.
Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from rnnlab.inference.network import Network, arrays_of, why_not_native
from rnnlab.inference.steppers import NativeStepper, make_stepper
from rnnlab.models import LanguageModel
from rnnlab.native import load_library
from tests.toys.numeric import assert_close
from tests.toys.steppers import NATIVE_CELLS, make_model, needs_native, start, walk

MOST_ROWS = 100


def native(model: LanguageModel, num_threads: int = 1) -> NativeStepper:
    """Return a stepper that uses all its threads even for a tiny model."""
    library = load_library().library
    assert library is not None
    return NativeStepper(Network.of(model), library, num_threads, products_per_thread=1)


@needs_native
@pytest.mark.parametrize(
    ("cell", "num_layers"), [*((cell, 3) for cell in NATIVE_CELLS), ("lstm", 1)]
)
def test_a_row_does_not_depend_on_other_rows_or_threads_to_the_bit(
    cell: str, num_layers: int
) -> None:
    model = make_model(cell, layers=num_layers, residual=num_layers > 1)
    tokens_TR = np.random.default_rng(0).integers(0, 23, (5, MOST_ROWS))
    alone = native(model)
    expected_RV = np.concatenate(
        [walk(alone, start(model, alone, 1), tokens_TR[:, r : r + 1]) for r in range(MOST_ROWS)]
    )
    for threads in (1, 2, 5):
        stepper = native(model, threads)
        for rows in (2, 3, 4, 5, 6, 7, 20, 33, MOST_ROWS):
            found_RV = walk(stepper, start(model, stepper, rows), tokens_TR[:, :rows])
            assert np.array_equal(found_RV, expected_RV[:rows]), (threads, rows)


@needs_native
@pytest.mark.parametrize("threads", [1, 3])
def test_children_of_few_parents_are_the_same_to_the_bit(threads: int) -> None:
    model, random = make_model("gru", layers=2), np.random.default_rng(0)
    stepper = native(model, threads)
    _, state = stepper.step(start(model, stepper, 9), np.arange(9), random.integers(0, 23, 9))
    parents_R, tokens_R = random.choice([7, 2, 8], 200), random.integers(0, 23, 200)
    found_RV, after = stepper.step(state, parents_R, tokens_R)
    expected_RV, twin = stepper.step(stepper.select(state, parents_R), np.arange(200), tokens_R)
    assert np.array_equal(found_RV, expected_RV)
    assert np.array_equal(stepper.features(after), stepper.features(twin))


@needs_native
@pytest.mark.parametrize("helpers", [1, 3])
def test_several_threads_may_call_step_at_the_same_time(helpers: int) -> None:
    model, random = make_model(hidden=64), np.random.default_rng(0)
    stepper = native(model, helpers)
    state = start(model, stepper, 50)
    paths = [random.integers(0, 23, (20, 50)) for _ in range(8)]
    expected = [walk(stepper, state, path) for path in paths]
    with ThreadPoolExecutor(4) as pool:
        result = list(pool.map(lambda path: walk(stepper, state, path), paths * 5))
    for number, found_RV in enumerate(result):
        assert np.array_equal(found_RV, expected[number % len(paths)])


@needs_native
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_sizes_need_not_fill_whole_vectors(cell: str) -> None:
    """Each of the 20 pairs of sizes with one of the cells."""
    pairs = list(itertools.product([1, 5, 8, 37, 64], [2, 96, 257, 1000]))
    for hidden, num_tokens in pairs[cell == "lstm" :: 2]:
        model = make_model(cell, num_tokens, hidden=hidden, layers=2)
        tokens_TR = np.random.default_rng(0).integers(0, num_tokens, (4, 7))
        ours, torchs = native(model), make_stepper(model, "torch")
        log_probs_RV = walk(ours, start(model, ours, 7), tokens_TR)
        expected_RV = walk(torchs, start(model, torchs, 7), tokens_TR)
        assert log_probs_RV.shape == (7, num_tokens), (hidden, num_tokens)
        assert_close(log_probs_RV, expected_RV, ulps=1, terms=2 * hidden + 6)


@needs_native
@pytest.mark.parametrize("scale", [50.0, 1e4])
@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_log_probs_of_huge_weights_are_finite_and_sum_to_one(cell: str, scale: float) -> None:
    model = make_model(cell)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Rectified units have no bound, so their recurrent weights stay small.
            if cell != "rnn-relu" or "hh" not in name:
                parameter.mul_(scale)
    stepper = native(model)
    tokens_TR = np.random.default_rng(0).integers(0, 23, (6, 8))
    log_probs_RV = walk(stepper, start(model, stepper, 8), tokens_TR).astype(np.float64)
    assert np.isfinite(log_probs_RV).all()
    assert_close(np.exp(log_probs_RV).sum(1), np.ones(8), terms=23, dtype=np.float32)


@needs_native
@pytest.mark.parametrize("cell", NATIVE_CELLS)
def test_a_nan_weight_gives_nan(cell: str) -> None:
    model = make_model(cell)
    with torch.no_grad():
        model.rnn.get_parameter("weight_hh_l0")[0, 0] = torch.nan
    stepper = native(model)
    assert np.isnan(walk(stepper, start(model, stepper, 2), np.zeros((3, 2), np.int64))).all()


def test_a_vocabulary_too_large_for_a_table_is_not_supported() -> None:
    model, num_table = make_model(), 23 * 4 * 37
    arrays = arrays_of(model)
    assert not why_not_native(model.config, 23, arrays, most_table_numbers=num_table)
    reason = why_not_native(model.config, 23, arrays, most_table_numbers=num_table - 1)
    assert "too large" in reason
