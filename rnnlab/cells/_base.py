"""What a cell is.

Shapes: B sequences, T steps, I inputs, H hidden units, G = num_gates * H rows of the stacked gates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

LayerState = tuple[Tensor, ...]
"""State of one layer, each part [B, H]; the first is h, what the layer above reads."""


class LayerWeights(Protocol):
    """What the weights of every cell have: a NamedTuple of tensors with these two among them."""

    @property
    def weight_ih(self) -> Tensor:
        """[G, I]"""

    @property
    def bias_ih(self) -> Tensor:
        """[G]"""

    def __iter__(self) -> Iterator[Tensor]: ...


class Weights(NamedTuple):
    """Parameters of one layer as in torch.nn, the gates stacked along the rows."""

    weight_ih: Tensor
    """[G, I]"""
    weight_hh: Tensor
    """[G, H]"""
    bias_ih: Tensor
    """[G]"""
    bias_hh: Tensor
    """[G]"""


class InputWeights(NamedTuple):
    """Parameters of a layer whose gates read the input alone."""

    weight_ih: Tensor
    """[G, I]"""
    bias_ih: Tensor
    """[G]"""


W = TypeVar("W", bound=LayerWeights)


class Cell(ABC, Generic[W]):
    """One recurrent cell over the weights of a layer; it holds no state of its own."""

    gates: ClassVar[tuple[str, ...]]
    """Letters of the gates in the order in which the weights are stacked."""
    candidates: ClassVar[frozenset[str]] = frozenset({"g", "n", "h"})
    """Letters among them that are new content and no doors: they have no open and no shut."""
    h_range: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)
    """Ends between which h lies and near which it is saturated; None where it has no upper end."""
    weights_type: type[W]
    """The NamedTuple of a layer's parameters: `Weights`, or one of the cell's own."""
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Names of weights that are not trained: saved with the others, but no parameters."""
    num_states: ClassVar[int] = 1
    """Parts of a layer's state: h alone, or h and c."""
    has_fused: ClassVar[bool] = True
    """Whether `fused` is there; a cell without it runs on its equations."""

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, by its name and in the order of `weights_type`.

        Dropout of the recurrent weights needs a `weight_hh` among them.
        """
        rows = len(self.gates) * hidden_size
        return {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }

    @torch.no_grad()
    def initialise(self, weights: W, generator: torch.Generator) -> None:
        """Fill the parameters as torch does: uniform within 1/sqrt(H)."""
        bound = self.hidden_size(weights) ** -0.5
        for parameter in weights:
            parameter.uniform_(-bound, bound, generator=generator)

    def start(self, batch: int, weights: W) -> LayerState:
        """Return the state [B, H] before the first step: zeros."""
        zeros = weights.weight_ih.new_zeros(batch, self.hidden_size(weights))
        return (zeros,) * self.num_states

    def project(self, x: Tensor, weights: W) -> Tensor:
        """Return the input's share [..., G] of all gates, bias included, for inputs [..., I].

        It needs no state, so that a whole sequence has it from one product.
        """
        return F.linear(x, weights.weight_ih, weights.bias_ih)

    def gate_values(self, x_BG: Tensor, state: LayerState, weights: W) -> tuple[Tensor, ...]:
        """Return the value [B, H] of each of `gates` in a step from `state`, in their order.

        The gates of a cell with a fused twin read h and not c: those of all steps of a sequence
        whose h is known come from one product. Here, for a cell without doors: h itself.
        """
        return self.step(x_BG, state, weights)[:1]

    @abstractmethod
    def step(self, x_BG: Tensor, state: LayerState, weights: W) -> LayerState:
        """Return the state after one step.

        x_BG: the input's share of all gates, from `project`.
        """

    def fused(self, x_BTI: Tensor, state: LayerState, weights: W) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state from one kernel for the whole sequence.

        Raises TypeError where there is none.
        """
        raise TypeError(f"{type(self).__name__} has no fused kernel")

    def hidden_size(self, weights: W) -> int:
        """Return H."""
        return weights.weight_ih.shape[0] // len(self.gates)

    def rows(self, stacked: Tensor, gate: str) -> Tensor:
        """Return a view of one gate's rows of stacked weights."""
        return stacked.chunk(len(self.gates))[self.gates.index(gate)]
