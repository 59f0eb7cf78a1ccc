"""One way to compare floating-point results that different processors round differently.

A sum of n products is rounded at most n times, in whatever order a processor, a BLAS or a number of
threads adds them, so its error is at most n units in the last place of the largest magnitude that
takes part (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1). A tolerance
is therefore `ulps * terms * eps * magnitude`, never a fixed number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def assert_close(
    actual: ArrayLike, expected: ArrayLike, *, terms: int, ulps: float = 4.0, dtype: Any = None
) -> None:
    """Fail unless two arrays agree up to rounding.

    actual, expected: arrays of one shape (tensors are converted).
    terms: the number of rounded operations behind one value: the length of the longest sum, times
    the number of steps that feed into each other.
    ulps: units in the last place granted for each of them.
    dtype: the precision in which the values were computed, where the arrays have a wider one.
    The magnitude is the largest finite one of `expected`, at least 1: a small value may be the
    difference of large ones. Infinite values and NaN must stand at the same places.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, f"shapes {actual.shape} and {expected.shape}"
    precision = np.dtype(dtype or np.result_type(actual.dtype, expected.dtype))
    finite = np.abs(expected[np.isfinite(expected)])
    magnitude = max(1.0, float(finite.max())) if finite.size else 1.0
    tolerance = ulps * terms * float(np.finfo(precision).eps) * magnitude
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=tolerance, equal_nan=True)
