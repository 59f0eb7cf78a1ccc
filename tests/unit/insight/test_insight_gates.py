"""Fractions of closed and open gates, counted one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike

from rnnlab.insight import Sample, trace_sample
from rnnlab.plots import Finding
from tests.toys.models import Steps, make_model
from tests.toys.numeric import assert_close

TEXT = "a bad cab. feed a dad.\nbabe fade a deaf bead.\n"


def assert_fractions_close(result: ArrayLike, expected: ArrayLike) -> None:
    """Compare fractions computed in float32 and rounded to 6 decimals: about 8 units."""
    assert_close(result, expected, terms=4, dtype=np.float32)


def test_fractions_of_gates_are_counted_one_by_one(
    look: Callable[..., Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = make_model(cell="lstm")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.mul_(4)
    result = look("gates", loaded, text=TEXT)
    ids = [loaded.vocabulary.tokens.index(letter) for letter in TEXT]
    steps = Steps(loaded, monkeypatch)
    steps.losses(Sample(torch.tensor([ids[:-1]]), torch.tensor([ids[1:]])))
    num = len(ids) - 1
    for layer, (number, letter) in itertools.product((0, 1), ((0, "i"), (1, "f"), (3, "o"))):
        gates = [g[number][0] for g in steps.gates[layer * num : (layer + 1) * num]]
        values = torch.stack(gates).float()  # float32, as in the view
        figures = result.figures["gates"][f"l{layer}.{letter}"]
        flat = values.flatten().tolist()
        shut = sum(v < 0.05 for v in flat) / len(flat)
        assert_fractions_close(figures["shut"], shut)
        assert_fractions_close(figures["open"], sum(v > 0.95 for v in flat) / len(flat))
        unit_shut = [sum(v < 0.05 for v in unit.tolist()) / num for unit in values.T]
        assert_fractions_close(figures["unit_shut"], unit_shut)
        assert_fractions_close(figures["histogram"][0], shut)


@pytest.mark.parametrize(("cell", "low", "high"), [("rnn", -0.9, 0.9), ("rnn-sigmoid", 0.05, 0.95)])
def test_the_state_of_a_cell_without_gates_is_saturated_near_its_bounds(
    look: Callable[..., Finding], cell: str, low: float, high: float
) -> None:
    loaded = make_model(cell=cell, layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_ih_l0.mul_(6)  # type: ignore[operator]
    result = look("gates", loaded, text=TEXT)
    ids = torch.tensor([[loaded.vocabulary.tokens.index(letter) for letter in TEXT]])
    [trace] = trace_sample(loaded.model, Sample(ids[:, :-1], ids[:, 1:]))
    h = trace.outputs.float()
    figures = result.figures["gates"]["l0.h"]
    assert result.figures["is_state"]
    assert_fractions_close(figures["shut"], (h < low).double().mean().item())
    assert_fractions_close(figures["open"], (h > high).double().mean().item())


def test_a_sentence_names_each_saturated_gate(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="lstm")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.mul_(30)
    result = look("gates", loaded, text=TEXT)
    assert 0 < len(result.says) <= 6, "the layers of a gate share a sentence"
    for name, figures in result.figures["gates"].items():
        layer, _, gate = name.partition(".")
        fraction = max(figures["shut"], figures["open"])
        is_mentioned = any(
            f"Gate {gate} " in s and f"{fraction:.0%} of its values in {layer}" in s
            for s in result.says
        )
        assert is_mentioned == (fraction >= 0.2)
    state = look("gates", make_model(cell="rnn"), text=TEXT)
    assert all(len(picture.title) <= 77 for picture in state.pictures)
