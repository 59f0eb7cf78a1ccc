"""||dL/dh_t|| from the closed recursions against hooks on the equations, for every cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnlab import native
from rnnlab.inference import LoadedModel
from rnnlab.insight import gradient_through_time, half_life, trace_sample
from tests.toys.cases import case
from tests.toys.models import CELLS, Steps, make_model, random_sample
from tests.toys.numeric import assert_close
from tests.toys.steppers import needs_native

TERMS = 12 * 3 * 14
"""12 steps in at most 3 layers, each a sum of 7 + 7 products."""


def assert_norms_close(found_T: Tensor, expected_T: Sequence[float]) -> None:
    """Compare norms each with its own magnitude: those of early steps are far smaller.

    The weights enlarge an error from step to step: hence 1,000 units in the last place. A norm that
    has shrunk to the rounding of the largest one is noise.
    """
    eps = float(np.finfo(np.float64).eps)
    largest = max(expected_T)
    np.testing.assert_allclose(
        found_T.numpy(), expected_T, rtol=1000 * TERMS * eps, atol=TERMS * eps * largest
    )


def hooked(
    loaded: LoadedModel, patch: pytest.MonkeyPatch, *, is_last: bool, is_reverse: bool = False
) -> list[list[float]]:
    """Return the norms that backward leaves in the states, layer by layer."""
    steps = Steps(loaded, patch)
    sample = random_sample(loaded)
    steps.losses(sample)[0 if is_last else 1].backward()  # type: ignore[no-untyped-call]
    norms = [0.0 if h.grad is None else h.grad.norm().item() for h in steps.h]
    length = sample.tokens_BT.shape[1]
    return [norms[begin : begin + length] for begin in range(0, len(norms), length)]


@pytest.mark.parametrize("cell", CELLS)
def test_it_is_what_backward_leaves_in_every_state(
    monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    for residual in (False, True):
        loaded = make_model(cell=cell, layers=3, residual=residual)
        result = gradient_through_time(loaded.model, random_sample(loaded))
        assert [layer.name for layer in result] == ["l0", "l1", "l2"]
        for is_last in (True, False):
            expected = hooked(loaded, monkeypatch, is_last=is_last)
            ours = [layer.of_last_T if is_last else layer.of_all_T for layer in result]
            with case(residual=residual, is_last=is_last):
                for norms_T, expected_T in zip(ours, expected, strict=True):
                    assert_norms_close(norms_T, expected_T)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_in_float32_it_agrees_to_a_ten_thousandth(
    monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    loaded = make_model(cell=cell, hidden=32, dtype="float32")
    result = gradient_through_time(loaded.model, random_sample(loaded))
    expected = hooked(loaded, monkeypatch, is_last=True)
    for layer, expected_T in zip(result, expected, strict=True):
        # 24 sums of 64 products: at most 1.8e-4 in float32, and in fact some 1e-6.
        assert layer.of_last_T.tolist() == pytest.approx(expected_T, rel=1e-4)


@pytest.mark.parametrize("settings", [{}, {"pooling": "mean"}, {"bidirectional": True}])
def test_of_a_document_it_is_the_gradient_of_its_class(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    loaded = make_model(cell="gru", task="classify", **settings)
    result = gradient_through_time(loaded.model, random_sample(loaded))
    expected = hooked(loaded, monkeypatch, is_last=False)
    assert len(result) == len(expected)
    for layer, expected_T in zip(result, expected, strict=True):
        assert_norms_close(layer.of_last_T, expected_T)
        assert torch.equal(layer.of_last_T, layer.of_all_T)


@pytest.mark.parametrize("cell", CELLS)
def test_states_and_gates_are_those_of_the_equations(
    monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    for task in ("stream", "classify"):
        loaded = make_model(cell=cell, task=task, bidirectional=task == "classify")
        with case(task=task):
            check_traces(loaded, monkeypatch)


def check_traces(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = random_sample(loaded)
    steps = Steps(loaded, monkeypatch)
    steps.losses(sample)
    length = sample.tokens_BT.shape[1]
    traces = trace_sample(loaded.model, sample)
    assert len(traces) == len(steps.h) // length
    for place, trace in enumerate(traces):
        of_layer = slice(place * length, (place + 1) * length)
        h_BTH = torch.stack(steps.h[of_layer], dim=1)
        assert_close(trace.outputs.detach(), h_BTH.detach(), terms=TERMS, ulps=1000)
        for number, letter in enumerate(loaded.model.rnn.cell.gates):
            gate_BTH = torch.stack([gates[number] for gates in steps.gates[of_layer]], dim=1)
            gates_BTH = trace.gates[letter].detach()
            assert_close(gates_BTH, gate_BTH.detach(), terms=TERMS, ulps=1000)


def test_a_gradient_that_halves_every_three_steps_has_a_half_life_of_three() -> None:
    norms = [7.0, *(2 ** (-k / 3) for k in range(1, 40))]
    assert half_life(norms[::-1]) == pytest.approx(3.0)


@pytest.mark.parametrize(
    "norms", [[0.0] * 98 + [1e-30, 1e-3], [0.0] * 9, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]]
)
def test_a_gradient_that_is_gone_at_once_has_a_half_life_of_nought(norms: list[float]) -> None:
    assert half_life(norms) == 0.0


@pytest.mark.parametrize(
    "norms", [[1.0, 1.0], [4.0, 2.0, 1.0, 1.0], [0.0, 1.0], [1.0, math.inf, math.nan, 1.0]]
)
def test_a_gradient_that_does_not_shrink_has_no_half_life(norms: list[float]) -> None:
    assert half_life(norms) is None


@needs_native
@pytest.mark.parametrize("cell", [*native.SEQUENCE_CELLS, *native.SCAN_CELLS])
def test_our_kernels_give_the_figures_of_the_equations(cell: str) -> None:
    kinds: list[dict[str, object]] = [
        {"residual": True}, {"task": "classify", "bidirectional": True},
    ]  # fmt: skip
    for settings in kinds:
        with case(**settings):
            check_kernels({"cell": cell, "layers": 2, "hidden": 9, **settings})


def check_kernels(settings: dict[str, object]) -> None:
    exact = make_model(**settings, engine="equations")
    ours = make_model(**settings, dtype="float32", engine="native")
    ours.model.load_state_dict(exact.model.float().state_dict())
    exact.model.double()
    sample = random_sample(ours)
    traces = trace_sample(ours.model, sample)
    found = gradient_through_time(ours.model, sample, traces)
    again = gradient_through_time(ours.model, sample, traces)
    close = 4e-5 if settings["cell"] == "lstm-layernorm" else 1e-5  # it enlarges roundings
    for one, other, same in zip(
        found, gradient_through_time(exact.model, sample), again, strict=True
    ):
        assert one.name == other.name
        for ours_T, exact_T in ((one.of_last_T, other.of_last_T), (one.of_all_T, other.of_all_T)):
            assert ours_T.tolist() == pytest.approx(exact_T.tolist(), rel=close)
        assert torch.equal(one.of_last_T, same.of_last_T)
    for trace, exact_trace in zip(traces, trace_sample(exact.model, sample), strict=True):
        assert trace.kernel_pass is not None
        assert trace.gates.keys() == exact_trace.gates.keys()
        for letter, gate_BTH in exact_trace.gates.items():
            assert_close(trace.gates[letter], gate_BTH.detach(), terms=TERMS, dtype="float32")
        for part, exact_BSH in zip(trace.states, exact_trace.states, strict=True):
            assert_close(part, exact_BSH.detach(), terms=TERMS, dtype="float32")
