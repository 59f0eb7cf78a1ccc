"""The initial weights of cells, and their start states."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnlab.base import registry
from rnnlab.cells import Cell, RecurrentStack

H = 40
BIASES = ("bias_ih_l0", "bias_hh_l0")


def fresh(name: str, seed: int = 1, num_layers: int = 1) -> RecurrentStack:
    cell: Cell[Any] = registry.load("cells", name).CELL
    return RecurrentStack(
        cell, 30, H, num_layers, generator=torch.Generator().manual_seed(seed)
    ).eval()


@pytest.mark.parametrize(
    "name", ["lstm", "lstm-peephole", "lstm-coupled", "lstm-layernorm", "minlstm"]
)
def test_the_forget_gate_starts_open_and_no_other_one(name: str) -> None:
    stack = fresh(name)
    biases = {key: bias for key, bias in stack.state_dict().items() if key in BIASES}
    total = torch.stack(list(biases.values())).sum(0)
    gates = dict(zip(stack.cell.gates, total.chunk(len(stack.cell.gates)), strict=True))
    assert torch.equal(gates.pop("f"), torch.ones(H))
    assert all(bias.max() < 0.5 for bias in gates.values())


def test_a_new_relu_network_keeps_its_state_and_adds_a_little() -> None:
    weights = fresh("rnn-relu").state_dict()
    assert torch.equal(weights["weight_hh_l0"], torch.eye(H))
    assert not weights["bias_ih_l0"].any()
    assert not weights["bias_hh_l0"].any()
    # 1,200 draws: five standard deviations of the estimate are a tenth.
    assert 0.0009 < float(weights["weight_ih_l0"].std()) < 0.0011


def test_a_new_layer_norm_only_normalises() -> None:
    weights = fresh("lstm-layernorm").state_dict()
    for gain in ("gain_ih_l0", "gain_hh_l0", "gain_c_l0"):
        assert torch.equal(weights[gain], torch.ones_like(weights[gain]))
    assert not weights["bias_c_l0"].any()
    assert float(weights["weight_hh_l0"].abs().max()) <= H**-0.5


@pytest.mark.parametrize("name", ["mingru", "minlstm"])
def test_minimal_cells_are_initialised_like_linear_layers(name: str) -> None:
    largest = float(fresh(name).state_dict()["weight_ih_l0"].abs().max())
    assert 0.95 * 30**-0.5 < largest <= 30**-0.5


def test_the_sigmoid_networks_start_state_is_small_and_random_per_layer() -> None:
    ((first,), (second,)) = fresh("rnn-sigmoid", num_layers=2).start_state(3)
    for part in (first, second):
        assert float(part.min()) >= 0.0
        assert 0.05 < float(part.max()) < 0.1
    assert not torch.equal(first, second)
    ((other,), _) = fresh("rnn-sigmoid", seed=2, num_layers=2).start_state(3)
    assert not torch.equal(first, other)


def test_the_sigmoid_networks_start_state_is_saved() -> None:
    saved, loaded = fresh("rnn-sigmoid", seed=1), fresh("rnn-sigmoid", seed=2)
    loaded.load_state_dict(saved.state_dict(), strict=True)
    assert torch.equal(loaded.start_state(1)[0][0], saved.start_state(1)[0][0])


def test_training_does_not_change_the_sigmoid_networks_start_state() -> None:
    stack = fresh("rnn-sigmoid").train()
    before = stack.start_state(2)[0][0].clone()
    optimizer = torch.optim.AdamW(stack.parameters(), lr=0.1, weight_decay=0.5)
    y_BTH, _ = stack(torch.ones(2, 3, 30), stack.start_state(2))
    y_BTH.sum().backward()
    optimizer.step()
    assert torch.equal(stack.start_state(2)[0][0], before)
