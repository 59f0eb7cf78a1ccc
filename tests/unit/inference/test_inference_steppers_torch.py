"""Steps in torch as CUDA graphs: the same figures, and states that stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnlab.inference.steppers._torch import TorchStepper
from tests.toys.graphs import RepeatingGraph
from tests.toys.steppers import make_model


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_captured_steps_leave_earlier_states_as_they_are(cell: str) -> None:
    """A search may step from a state again, after steps that a graph has written elsewhere."""
    model = make_model(cell)
    plain, captured = TorchStepper(model), TorchStepper(model, RepeatingGraph)
    one, other = plain.begin(), captured.begin()
    trail = []
    for step in range(6):
        rows, tokens = np.array([0, 0]), np.array([step, 1])
        expected, one = plain.step(one, rows, tokens)
        found, other = captured.step(other, rows, tokens)
        assert np.array_equal(found, expected)
        trail.append((one, other))
    for one, other in trail:
        assert np.array_equal(captured.features(other), plain.features(one))
        for layer, expected_layer in zip(other.layers, one.layers, strict=True):
            assert all(map(torch.equal, layer, expected_layer))
