"""The weights of a layer side by side in memory: which layers, in which order."""

from __future__ import annotations

import importlib

import pytest
import torch

from rnnlab.cells import Engine, LayerWeights, RecurrentStack, arrange_weights


def stack_of(cell: str, engine: Engine = "auto", **settings: bool) -> RecurrentStack:
    """Return a stack of two layers, from 3 inputs to 4 units."""
    found = importlib.import_module(f"rnnlab.cells.{cell}").CELL
    generator = torch.Generator().manual_seed(1)
    return RecurrentStack(found, 3, 4, 2, engine=engine, generator=generator, **settings)


def arranged(stack: RecurrentStack, *, is_read: bool = True) -> list[tuple[list[int], str, int]]:
    """Return the addresses of the weights, the mode and the units of every layer arranged."""
    calls = []

    def flatten(weights: LayerWeights, mode: str, hidden_size: int) -> None:
        calls.append(([weight.data_ptr() for weight in weights], mode, hidden_size))

    arrange_weights(stack, lambda _weight: is_read, flatten)
    return calls


def test_every_layer_and_direction_is_arranged_in_the_order_of_cudnn() -> None:
    stack = stack_of("lstm", bidirectional=True)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    assert arranged(stack) == [
        ([stack.get_parameter(f"{name}_{layer}").data_ptr() for name in names], "LSTM", 4)
        for layer in ("l0", "l0_reverse", "l1", "l1_reverse")
    ]


@pytest.mark.parametrize(
    ("cell", "mode"),
    [("lstm", "LSTM"), ("gru", "GRU"), ("rnn", "RNN_TANH"), ("rnn_relu", "RNN_RELU")],
)
def test_a_cell_has_the_name_that_torch_gives_it(cell: str, mode: str) -> None:
    assert [name for _, name, _ in arranged(stack_of(cell))] == [mode, mode]
    assert mode in ("LSTM", "GRU") or hasattr(torch, mode.lower())


def test_what_cudnn_does_not_read_stays() -> None:
    assert not arranged(stack_of("gru"), is_read=False)
    assert not arranged(stack_of("gru", "equations"))
    assert not arranged(stack_of("lstm_peephole"))
