"""Products in bfloat16: rounding and the order of the sums.

Shapes: N rows, K inputs, G outputs.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnlab import native
from rnnlab.base.errors import BadInputError
from rnnlab.native import Kernels, load_library
from tests.toys.cases import case
from tests.toys.numeric import assert_close
from tests.toys.steppers import needs_native

pytestmark = needs_native
F32 = NDArray[np.float32]
SHAPES = [
    # N, K, G: at the edges of pairs (2), vectors (4, 8, 16), panels, tiles (6, 12 rows), pieces
    # (48 rows) and blocks (128 rows)
    (1, 1, 1), (5, 2, 7), (7, 3, 8), (12, 15, 9), (13, 16, 31), (48, 17, 33), (49, 64, 32),
    (127, 31, 12), (128, 33, 13), (129, 5, 65),
]  # fmt: skip


def kernels() -> Kernels:
    found = native.load_kernels(is_bf16=True)
    assert found is not None
    return found


def rounded(values: F32) -> NDArray[np.float64]:
    """Return values rounded to bfloat16 by torch."""
    exact: NDArray[np.float64] = torch.from_numpy(values).bfloat16().double().numpy()
    return exact


def draw(*shape: int) -> F32:
    random = np.random.default_rng(sum(shape))
    return random.standard_normal(shape).astype(np.float32)


def product(x_NK: F32, w_KG: F32, bias_G: F32) -> F32:
    return kernels().multiply(x_NK, kernels().pack(w_KG), bias_G)


def test_products_are_sums_of_rounded_operands() -> None:
    for num, inputs, outputs in SHAPES:
        with case(num=num, inputs=inputs, outputs=outputs):
            x_NK, w_KG, bias_G = draw(num, inputs), draw(inputs, outputs), draw(outputs)
            y_NG = product(x_NK, w_KG, bias_G)
            exact = rounded(x_NK) @ rounded(w_KG) + bias_G
            assert_close(y_NG, exact, terms=inputs + 1, dtype=np.float32)
            panels = kernels().pack(np.ascontiguousarray(w_KG.T), is_transposed=True)
            assert np.array_equal(kernels().multiply(x_NK, panels, bias_G), y_NG)


def test_weight_gradients_are_sums_of_rounded_operands() -> None:
    for num, inputs, outputs in SHAPES:
        with case(num=num, inputs=inputs, outputs=outputs):
            a_NG, b_NK = draw(num, outputs), draw(num, inputs)
            out_GK, sums_G = kernels().outer(a_NG, b_NK)
            exact = rounded(a_NG).T @ rounded(b_NK)
            assert_close(out_GK, exact, terms=num, dtype=np.float32)
            # Sums of gradients are not products: they read the gradients in float32.
            exact_sums = a_NG.sum(0, dtype=np.float64)
            assert_close(sums_G, exact_sums, terms=num, dtype=np.float32)


def test_the_number_of_threads_and_of_rows_changes_no_bit() -> None:
    x_NK, w_KG, bias_G = draw(131, 37), draw(37, 70), draw(70)
    try:
        native.set_num_threads(1)
        y_NG, (out, sums) = product(x_NK, w_KG, bias_G), kernels().outer(x_NK, x_NK)
        for threads in (2, 3, 7):
            native.set_num_threads(threads)
            assert np.array_equal(product(x_NK, w_KG, bias_G), y_NG)
            again = kernels().outer(x_NK, x_NK)
            assert np.array_equal(again[0], out)
            assert np.array_equal(again[1], sums)
    finally:
        native.set_num_threads(None)
    for row in range(len(x_NK)):
        assert np.array_equal(product(x_NK[row : row + 1], w_KG, bias_G)[0], y_NG[row])


def test_values_round_to_the_nearest_bfloat16_and_ties_to_even() -> None:
    step = 2.0**-7  # of bfloat16, from 1 to 2
    bits = np.array([0x3F808000, 0x3F818000, 0x3F808001, 0x3F807FFF, 0x7F7FFFFF], np.uint32)
    values = np.concatenate([bits.view(np.float32), np.array([np.inf, 0.0], np.float32)])
    both = np.concatenate([values, -values])
    one, none = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    expected = np.array([1.0, 1 + 2 * step, 1 + step, 1.0, np.inf, np.inf, 0.0])
    expected = np.concatenate([expected, -expected])
    assert np.array_equal(product(both.reshape(-1, 1), one, none).ravel(), expected)
    wide = np.zeros(len(both), np.float32)
    assert np.array_equal(product(one, both.reshape(1, -1), wide).ravel(), expected)
    # The rounding would carry this NaN over into the sign.
    nan = np.array([[0x7FFFFFFF]], np.uint32).view(np.float32)
    assert np.isnan(product(nan, one, none)).all()


def test_the_second_of_a_pair_is_added_first_and_each_sum_is_rounded() -> None:
    # 2^24 + 1 is a tie, and rounds to 2^24; the opposite order would give 1.
    x_NK, w_KG = np.array([[-(2.0**24), 1.0]], np.float32), np.ones((2, 1), np.float32)
    assert product(x_NK, w_KG, np.full(1, 2.0**24, np.float32))[0, 0] == 0.0
    assert product(x_NK[:, ::-1].copy(), w_KG, np.full(1, 2.0**24, np.float32))[0, 0] == 1.0


def test_only_a_request_permits_the_emulation(monkeypatch: pytest.MonkeyPatch) -> None:
    library = load_library().library
    assert library is not None
    reason = "" if library.rnnlab_has_bfloat16() else "this processor has no AVX512-BF16"
    monkeypatch.delenv("RNNLAB_BFLOAT16", raising=False)
    assert native.why_no_bfloat16(may_emulate=True).startswith(reason)
    monkeypatch.setenv("RNNLAB_BFLOAT16", "emulated")
    assert native.why_no_bfloat16(may_emulate=True) == ""
    assert native.why_no_bfloat16().startswith(reason)
    assert bool(native.why_no_bfloat16()) == bool(reason)
    for variable in ("RNNLAB_BFLOAT16", "RNNLAB_NATIVE"):
        monkeypatch.setenv(variable, "0")
        with pytest.raises(BadInputError, match=f"{variable}=0"):
            native.check_bfloat16()
