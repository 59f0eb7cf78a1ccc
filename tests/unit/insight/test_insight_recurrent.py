"""The recurrent weights as matrices: the norms of their powers, their spectral radius."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rnnlab.insight._recurrent import power_norms, radius


def test_a_net_that_has_diverged_has_no_radius() -> None:
    W = torch.full((3, 3), math.nan)
    assert math.isnan(radius(W))
    assert all(map(math.isnan, power_norms(W)))
    nilpotent = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    assert radius(nilpotent) == 0.0
    assert power_norms(nilpotent)[:3] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("size", [1, 8, 60])
def test_the_radius_by_squaring_is_that_of_the_eigenvalues(size: int) -> None:
    chance = torch.Generator().manual_seed(size)
    W = torch.randn(size, size, generator=chance) * 3
    expected = np.abs(np.linalg.eigvals(W.double().numpy())).max()
    assert radius(W) == pytest.approx(expected, rel=0.01)
    norms = [np.linalg.norm(np.linalg.matrix_power(W.double().numpy(), 2**m)) for m in range(7)]
    # 64 factors of 60 sums, each rounded in float32.
    assert power_norms(W) == pytest.approx(norms, rel=64 * 60 * 2**-23 * 10)
    assert radius(torch.zeros(size, size)) == 0.0
