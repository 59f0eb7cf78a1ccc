"""What a cell is.

Shapes: B sequences, T steps, I inputs, H hidden units, G = num_gates * H rows of the stacked gates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

LayerState = tuple[Tensor, ...]
"""State of one layer, each part [B, H]; the first is h, what the layer above reads."""


class Weights(NamedTuple):
    """Parameters of one layer, the gates stacked along the rows."""

    weight_ih: Tensor
    """[G, I]"""
    weight_hh: Tensor
    """[G, H]"""
    bias_ih: Tensor
    """[G]"""
    bias_hh: Tensor
    """[G]"""


class Cell(ABC):
    """One recurrent cell over the weights of a layer; it holds no state of its own."""

    gates: ClassVar[tuple[str, ...]]
    """Letters of the gates in the order in which the weights are stacked."""
    num_states: ClassVar[int] = 1
    """Parts of a layer's state: h alone, or h and c."""
    has_fused: ClassVar[bool] = True
    """Whether `fused` is there; a cell without it runs on its equations."""

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, by its name in `Weights`."""
        rows = len(self.gates) * hidden_size
        return {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }

    @torch.no_grad()
    def initialise(self, weights: Weights, generator: torch.Generator) -> None:
        """Fill the parameters as torch does: uniform within 1/sqrt(H)."""
        bound = weights.weight_hh.shape[1] ** -0.5
        for parameter in weights:
            parameter.uniform_(-bound, bound, generator=generator)

    @abstractmethod
    def step(self, x_BG: Tensor, state: LayerState, weights: Weights) -> LayerState:
        """Return the state after one step.

        x_BG: W_ih x_t + b_ih, the input's share of all gates; it needs no state, so that a whole
        sequence has it from one product.
        """

    def fused(
        self, x_BTI: Tensor, state: LayerState, weights: Weights
    ) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state from torch's fused kernel."""
        raise TypeError(f"{type(self).__name__} has no fused kernel")
