"""The interface of a cell.

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
"""State of one layer: tensors [B, H]. The first is h, which the next layer reads."""


class Linear(Protocol):
    """A function that returns x W^T + b, such as torch's."""

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None = None, /) -> Tensor: ...


class LayerWeights(Protocol):
    """Weights of a layer of any cell: a NamedTuple of tensors with at least these two fields."""

    @property
    def weight_ih(self) -> Tensor:
        """Input weights [G, I]."""

    @property
    def bias_ih(self) -> Tensor:
        """Biases of the input term [G]."""

    def __iter__(self) -> Iterator[Tensor]: ...


class Weights(NamedTuple):
    """Parameters of one layer, named as in torch.nn; the rows of all gates are stacked."""

    weight_ih: Tensor
    """Input weights [G, I]."""
    weight_hh: Tensor
    """Recurrent weights [G, H]."""
    bias_ih: Tensor
    """Biases of the input term [G]."""
    bias_hh: Tensor
    """Biases of the recurrent term [G]."""


class InputWeights(NamedTuple):
    """Parameters of a layer whose gates read only the input."""

    weight_ih: Tensor
    """Input weights [G, I]."""
    bias_ih: Tensor
    """Biases of the input term [G]."""


W = TypeVar("W", bound=LayerWeights)


class Cell(ABC, Generic[W]):
    """A recurrent cell: the equations of one layer. It holds neither weights nor state."""

    gates: ClassVar[tuple[str, ...]]
    """Letters of the gates, in the order of the stacked weights."""
    candidates: ClassVar[frozenset[str]] = frozenset({"g", "n", "h"})
    """Letters in `gates` that are not gates but candidates: the new content of the state."""
    h_range: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)
    """Lower and upper bound of h, near which a unit saturates; None if h has no upper bound."""
    slope: ClassVar[float] = 1.0
    """Largest slope of the activation function of h, for the view `spectrum`."""
    weights_type: type[W]
    """The NamedTuple of a layer's parameters: `Weights`, or a type of the cell's own."""
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Names of weights that are saved but not trained."""
    num_states: ClassVar[int] = 1
    """Number of parts of a layer's state: 1 for h, 2 for h and c."""
    has_fused: ClassVar[bool] = True
    """Whether `fused` is implemented; otherwise, a stack calls `step` for every time step."""
    cudnn_mode: ClassVar[str | None] = None
    """Name of the cell in cuDNN, such as LSTM, if `fused` runs there on a GPU."""

    def shapes(self, input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter by name, in the order of `weights_type`.

        Recurrent dropout needs a parameter `weight_hh`.
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
        """Fill the parameters like torch: uniform in +-1/sqrt(H)."""
        bound = self.hidden_size(weights) ** -0.5
        for parameter in weights:
            parameter.uniform_(-bound, bound, generator=generator)

    def start(self, batch: int, weights: W) -> LayerState:
        """Return the state before the first step, tensors [B, H]; zeros by default."""
        zeros = weights.weight_ih.new_zeros(batch, self.hidden_size(weights))
        return (zeros,) * self.num_states

    def project(self, x: Tensor, weights: W, linear: Linear = F.linear) -> Tensor:
        """Return the input term [..., G] of all gates, bias included, for inputs [..., I].

        The term does not depend on the state: one product computes it for a whole sequence.
        linear: computes the product.
        """
        return linear(x, weights.weight_ih, weights.bias_ih)

    def gate_values(self, x_BG: Tensor, state: LayerState, weights: W) -> tuple[Tensor, ...]:
        """Return the values [B, H] of all `gates`, in that order, in a step from `state`.

        In a cell with a fused kernel, gates must not read c: if h is known at all steps, one
        product then computes the gates of a whole sequence. By default, for a cell without gates,
        the only value is the new h.
        """
        return self.step(x_BG, state, weights)[:1]

    @abstractmethod
    def step(self, x_BG: Tensor, state: LayerState, weights: W) -> LayerState:
        """Return the state after one step.

        x_BG: the input term of all gates, from `project`.
        """

    def fused(self, x_BTI: Tensor, state: LayerState, weights: W) -> tuple[Tensor, LayerState]:
        """Return the outputs [B, T, H] and the last state from a kernel for whole sequences.

        Raises TypeError if the cell has no fused kernel.
        """
        raise TypeError(f"{type(self).__name__} has no fused kernel")

    def hidden_size(self, weights: W) -> int:
        """Return H, the number of hidden units."""
        return weights.weight_ih.shape[0] // len(self.gates)

    def rows(self, stacked: Tensor, gate: str) -> Tensor:
        """Return a view of the rows of one gate, given the stacked weights of all gates."""
        return stacked.chunk(len(self.gates))[self.gates.index(gate)]
