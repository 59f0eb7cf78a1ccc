"""Layers of one cell over each other, on the cell's equations or on its fused twin.

Shapes: B sequences, T steps, I inputs, H hidden units, G rows of the stacked gates.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab.cells._base import Cell, LayerState, Weights
from rnnlab.errors import BadInputError

State = tuple[LayerState, ...]
"""State of a stack: over layers, each part [B, H]."""

Engine = Literal["auto", "fused", "equations"]


def select(state: State, rows_B: Tensor) -> State:
    """Return the state of the given rows: h and c of every layer, reordered alike."""
    return tuple(tuple(part.index_select(0, rows_B) for part in layer) for layer in state)


class RecurrentStack(nn.Module):
    """`num_layers` layers of a cell; parameters `weight_ih_l0`, ... as in torch.nn.LSTM."""

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        *,
        dropout: float = 0.0,
        engine: Engine = "auto",
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        if engine == "fused" and not cell.has_fused:
            raise BadInputError("this cell has no fused kernel", "use --engine equations")
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.is_fused = cell.has_fused and engine != "equations"
        for layer in range(num_layers):
            size = input_size if layer == 0 else hidden_size
            for name, shape in cell.shapes(size, hidden_size).items():
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(torch.empty(shape)))
            cell.initialise(self.weights(layer), generator)

    def weights(self, layer: int) -> Weights:
        """Return the parameters of a layer."""
        return Weights(*(getattr(self, f"{name}_l{layer}") for name in Weights._fields))

    def start_state(self, batch: int) -> State:
        """Return the state before the first token: zeros."""
        zeros = self.weights(0).weight_hh.new_zeros(batch, self.hidden_size)
        return ((zeros,) * self.cell.num_states,) * self.num_layers

    def forward(
        self, x_BTI: Tensor, state: State, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        """Return the top layer's outputs [B, T, H] and the last state.

        generator: decides the dropout between layers; it is only drawn from while training.
        """
        last = []
        for layer in range(self.num_layers):
            if layer > 0:
                x_BTI = dropout(x_BTI, self.dropout if self.training else 0.0, generator)
            run = self.cell.fused if self.is_fused else self._run_equations
            x_BTI, layer_state = run(x_BTI, state[layer], self.weights(layer))
            last.append(layer_state)
        return x_BTI, tuple(last)

    def step(self, x_BI: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the top layer's output [B, H] and the state after one step, on the equations.

        One step on the fused kernels is slower: torch re-packs the weights at every call.
        """
        last = []
        for layer in range(self.num_layers):
            weights = self.weights(layer)
            x_BG = F.linear(x_BI, weights.weight_ih, weights.bias_ih)
            layer_state = self.cell.step(x_BG, state[layer], weights)
            x_BI = layer_state[0]
            last.append(layer_state)
        return x_BI, tuple(last)

    def _run_equations(
        self, x_BTI: Tensor, state: LayerState, weights: Weights
    ) -> tuple[Tensor, LayerState]:
        """Step through a layer; the input's share of the gates comes from one product for all t."""
        x_BTG = F.linear(x_BTI, weights.weight_ih, weights.bias_ih)
        outputs = []
        for x_BG in x_BTG.unbind(1):
            state = self.cell.step(x_BG, state, weights)
            outputs.append(state[0])
        return torch.stack(outputs, dim=1), state


def dropout(x: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
    """Zero a share of the elements and scale the rest so that the mean stays (inverted dropout)."""
    if share == 0.0:
        return x
    kept = torch.empty_like(x).bernoulli_(1 - share, generator=generator)
    return x * kept / (1 - share)
