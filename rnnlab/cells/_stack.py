"""A stack of layers of one cell, computed by the cell's equations or its fused kernel.

Shapes: B sequences, T steps, I inputs, H hidden units, F features of a layer's output: H, or 2H if
bidirectional.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlab import native
from rnnlab.base.errors import BadInputError
from rnnlab.cells._base import Cell, LayerState, LayerWeights
from rnnlab.cells._dropout import dropout
from rnnlab.cells._native import has_kernel, kernels_for, linear, run_layer
from rnnlab.native import Kernels, check_bfloat16, load_kernels

State = tuple[LayerState, ...]
"""States of the layers: l0, l1, ... (bidirectional: l0, l0_reverse, l1, ...); tensors [B, H]."""

_LEAST_LINEAR = 2**14
"""Minimum number of inputs of a product on the kernels: packing weights takes longer than less."""
Engine = Literal["auto", "native", "fused", "equations"]


class Lookup(NamedTuple):
    """Inputs of a stack as ids: the kernels fold the vectors and the input weights into a table."""

    tokens_BT: Tensor
    vectors_VI: Tensor | None
    """The input of each id; None for one-hot vectors."""

    def dense(self, like: Tensor) -> Tensor:
        """Return the inputs [B, T, I]; like: weights [G, I] with the type of one-hot vectors."""
        if self.vectors_VI is None:
            return F.one_hot(self.tokens_BT, like.shape[1]).to(like.dtype)
        return F.embedding(self.tokens_BT, self.vectors_VI)


def select(state: State, rows_B: Tensor) -> State:
    """Return the state of the rows `rows_B`, which may repeat, in the order of `rows_B`."""
    return tuple(tuple(part.index_select(0, rows_B) for part in layer) for layer in state)


class RecurrentStack(nn.Module):
    """`num_layers` layers of a cell; parameters have torch.nn.LSTM's names, such as `weight_ih_l0`.

    dropout: rate of the dropout on the input of every layer but the first, in training mode.
    variational: drop the same units at all steps of a call.
    recurrent_dropout: fraction of the recurrent weights dropped for one call in training mode
    (DropConnect on weight_hh, as in Merity et al. 2018, "Regularizing and optimizing LSTM language
    models").
    residual: every layer but the first adds its input, before dropout, to its output.
    bidirectional: each layer also reads the steps from the last to the first, with weights of its
    own (`weight_ih_l0_reverse`, ...); the outputs of both directions are concatenated.
    generator: draws the initial weights.

    engine: see `RunConfig.engine`; may be changed at any time.

    Raises BadInputError if `engine` is "fused" or "native" and the cell has no such kernel, or if
    `recurrent_dropout` is not 0 and the cell has no recurrent weights.
    """

    output_size: int
    """F, the number of features of the top layer's output."""

    def __init__(
        self,
        cell: Cell[Any],
        input_size: int,
        hidden_size: int,
        num_layers: int,
        *,
        dropout: float = 0.0,
        variational: bool = False,
        recurrent_dropout: float = 0.0,
        residual: bool = False,
        bidirectional: bool = False,
        engine: Engine = "auto",
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        if engine == "fused" and not cell.has_fused:
            raise BadInputError("this cell has no fused kernel", "use --engine equations")
        if engine == "native" and (not has_kernel(cell) or load_kernels() is None):
            raise BadInputError(*_not_native())
        self._names = tuple(cell.shapes(1, 1))
        if recurrent_dropout > 0.0 and "weight_hh" not in self._names:
            raise BadInputError(
                "this cell has no recurrent weights to drop", "use --recurrent-dropout 0"
            )
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.output_size = 2 * hidden_size if bidirectional else hidden_size
        self.dropout = dropout
        self.variational = variational
        self.recurrent_dropout = recurrent_dropout
        self.is_residual = residual
        self.is_bidirectional = bidirectional
        self.engine = engine
        self._suffixes = ("", "_reverse") if bidirectional else ("",)
        for layer in range(num_layers):
            size = input_size if layer == 0 else self.output_size
            for suffix in self._suffixes:
                self._register(f"_l{layer}{suffix}", cell.shapes(size, hidden_size))
                cell.initialise(self._weights(f"_l{layer}{suffix}"), generator)

    @property
    def is_fused(self) -> bool:
        """Whether torch's kernel runs the layers if ours do not."""
        return self.cell.has_fused and self.engine != "equations"

    @property
    def is_native(self) -> bool:
        """Whether the layers run on the kernels of `rnnlab.native` now."""
        return self.kernels(self.weights(0).weight_ih) is not None

    def weights(self, layer: int, *, reverse: bool = False) -> LayerWeights:
        """Return the parameters of a layer, or of its reverse direction."""
        return self._weights(f"_l{layer}{'_reverse' if reverse else ''}")

    def start_state(self, batch: int) -> State:
        """Return the state of `batch` rows before the first token."""
        return tuple(
            self.cell.start(batch, self._weights(f"_l{layer}{suffix}"))
            for layer in range(self.num_layers)
            for suffix in self._suffixes
        )

    def forward(
        self,
        x: Tensor | Lookup,
        state: State,
        generator: torch.Generator | None = None,
        lengths_B: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Return the top layer's outputs [B, T, F] and the state after T steps.

        x: inputs [B, T, I], or the ids of their vectors.
        generator: draws the dropout masks; used in training mode only.
        lengths_B: number of steps of each row before its padding (None: no padding). The reverse
        direction starts at the last step before the padding, so outputs before the padding do not
        depend on it. Outputs at padded steps and the last state of a padded row are undefined.
        """
        last: list[LayerState] = []
        for layer in range(self.num_layers):
            below = x
            if layer > 0 and self.training and isinstance(x, Tensor):
                x = dropout(x, self.dropout, generator, variational=self.variational)
            outputs = []
            for suffix in self._suffixes:
                weights = self._dropped(self._weights(f"_l{layer}{suffix}"), generator)
                input_ = _reversed_input(x, lengths_B) if suffix else x
                y_BTH, layer_state = self._run(input_, state[len(last)], weights)
                outputs.append(_reversed(y_BTH, lengths_B) if suffix else y_BTH)
                last.append(layer_state)
            y_BTF = torch.cat(outputs, dim=2) if self.is_bidirectional else outputs[0]
            x = y_BTF + below if self.is_residual and isinstance(below, Tensor) and layer else y_BTF
        assert isinstance(x, Tensor)
        return x, tuple(last)

    def linear(self, x: Tensor, weight_GI: Tensor, bias_G: Tensor) -> Tensor:
        """Return x W^T + b [..., G] for inputs [..., I], on the engine of the layers."""
        kernels = self.kernels(weight_GI) if x.numel() >= _LEAST_LINEAR else None
        if kernels is None:
            return F.linear(x, weight_GI, bias_G)
        return linear(kernels, x, weight_GI, bias_G)

    def step(self, x_BI: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the top layer's output [B, H] and the state after one step of the equations.

        A fused kernel is slower for a single step: torch re-packs the weights at every call. Raises
        TypeError if the stack is bidirectional: the reverse direction needs the whole sequence.
        """
        if self.is_bidirectional:
            raise TypeError("a bidirectional stack reads whole sequences, not steps")
        last = []
        for layer in range(self.num_layers):
            weights = self._weights(f"_l{layer}")
            x_BG = self.cell.project(x_BI, weights)
            layer_state = self.cell.step(x_BG, state[layer], weights)
            y_BH = layer_state[0]
            x_BI = y_BH + x_BI if self.is_residual and layer > 0 else y_BH
            last.append(layer_state)
        return x_BI, tuple(last)

    def _register(self, suffix: str, shapes: dict[str, tuple[int, ...]]) -> None:
        for name, shape in shapes.items():
            if name in self.cell.fixed:
                # A buffer is saved and moved with the module, but is not among its parameters().
                self.register_buffer(name + suffix, torch.empty(shape))
            else:
                self.register_parameter(name + suffix, nn.Parameter(torch.empty(shape)))

    def _weights(self, suffix: str) -> LayerWeights:
        tensors = (getattr(self, name + suffix) for name in self._names)
        weights: LayerWeights = self.cell.weights_type(*tensors)
        return weights

    def _dropped(self, weights: LayerWeights, generator: torch.Generator | None) -> LayerWeights:
        """Return the weights after recurrent dropout; unchanged in evaluation mode."""
        if not self.training or self.recurrent_dropout == 0.0:
            return weights
        tensors = (
            dropout(tensor, self.recurrent_dropout, generator) if name == "weight_hh" else tensor
            for name, tensor in zip(self._names, weights, strict=True)
        )
        dropped: LayerWeights = self.cell.weights_type(*tensors)
        return dropped

    def _run(
        self, x: Tensor | Lookup, state: LayerState, weights: LayerWeights
    ) -> tuple[Tensor, LayerState]:
        """Run a layer on the engine that is chosen, or on the fastest one that can run it."""
        kernels = self.kernels(weights.weight_ih)
        if kernels is not None:
            return self._run_native(kernels, x, state, weights)
        x_BTI = x.dense(weights.weight_ih) if isinstance(x, Lookup) else x
        return (self.cell.fused if self.is_fused else self._run_equations)(x_BTI, state, weights)

    def kernels(self, weight: Tensor) -> Kernels | None:
        """Return the kernels if this stack runs on them now, for weights or values like `weight`.

        Raises BadInputError if the engine is "native" and they cannot run it.
        """
        if self.engine not in ("auto", "native"):
            return None
        kernels = kernels_for(self.cell, weight, may_emulate=self.engine == "native")
        if kernels is None and self.engine == "native":
            if has_kernel(self.cell) and torch.is_autocast_enabled("cpu"):
                check_bfloat16()
            raise BadInputError(*_not_native())
        return kernels

    def _run_native(
        self, kernels: Kernels, x: Tensor | Lookup, state: LayerState, weights: LayerWeights
    ) -> tuple[Tensor, LayerState]:
        product = partial(linear, kernels)
        if not isinstance(x, Lookup):
            x_BTG = self.cell.project(x, weights, product)
            return run_layer(self.cell, kernels, x_BTG, None, state, weights)
        if x.vectors_VI is None:
            table_VG = self.cell.project(weights.weight_ih, weights, _of_one_hot)
        elif len(x.vectors_VI) <= x.tokens_BT.numel():
            table_VG = self.cell.project(x.vectors_VI, weights, product)
        else:  # most rows of a table would not be used
            return self._run_native(kernels, x.dense(weights.weight_ih), state, weights)
        return run_layer(self.cell, kernels, table_VG, x.tokens_BT, state, weights)

    def _run_equations(
        self, x_BTI: Tensor, state: LayerState, weights: LayerWeights
    ) -> tuple[Tensor, LayerState]:
        """Run a layer step by step; one product computes the gates' input term of all steps."""
        x_BTG = self.cell.project(x_BTI, weights)
        if x_BTG.shape[1] == 1:
            # For sequences of one step, the lists below would take half of the time.
            state = self.cell.step(x_BTG[:, 0], state, weights)
            return state[0][:, None], state
        outputs = []
        for x_BG in x_BTG.unbind(1):
            state = self.cell.step(x_BG, state, weights)
            outputs.append(state[0])
        return torch.stack(outputs, dim=1), state


def _of_one_hot(_input: Tensor, weight_GI: Tensor, bias_G: Tensor | None = None) -> Tensor:
    """Return x W^T + b [I, G] for the one-hot vectors of all ids."""
    table_VG = weight_GI.T.contiguous()
    return table_VG if bias_G is None else table_VG + bias_G


def _not_native() -> tuple[str, str]:
    names = ", ".join([*native.SEQUENCE_CELLS, *native.SCAN_CELLS])
    problem = (
        f"the native engine needs the CPU, float32 or bfloat16, and a cell of {names}; "
        f"{native.report()}"
    )
    return problem, "use --engine auto"


def _reversed_input(x: Tensor | Lookup, lengths_B: Tensor | None) -> Tensor | Lookup:
    if isinstance(x, Tensor):
        return _reversed(x, lengths_B)
    return x._replace(tokens_BT=_reversed(x.tokens_BT[..., None], lengths_B)[..., 0])


def _reversed(x_BTF: Tensor, lengths_B: Tensor | None) -> Tensor:
    """Return the rows with their steps in reverse order; padding stays at the end of a row."""
    if lengths_B is None:
        return x_BTF.flip(1)
    steps_T = torch.arange(x_BTF.shape[1], device=x_BTF.device)
    mirrored_BT = lengths_B.to(x_BTF.device)[:, None] - 1 - steps_T
    indices_BT = torch.where(mirrored_BT >= 0, mirrored_BT, steps_T)
    return x_BTF.gather(1, indices_BT[..., None].expand_as(x_BTF))
