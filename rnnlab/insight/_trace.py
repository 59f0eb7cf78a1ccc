"""Traces of the layers while they read a batch: all states, and the value of every gate.

Shapes: B sequences, T steps, S = T + 1 states (the first one before the first token), I inputs, H
hidden units, G rows of the stacked gates, F features of a layer's output.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlab.cells import (
    Cell,
    KernelPass,
    LayerState,
    LayerWeights,
    RecurrentStack,
    State,
    pass_through,
)
from rnnlab.cells._scan import scan
from rnnlab.native import Kernels


class LayerTrace(NamedTuple):
    """The trace of a layer, or of one of its directions, in the order in which it reads."""

    name: str
    """Name, such as `l0`, or `l0_reverse` for the direction that begins at the last token."""
    weights: LayerWeights
    x_BTI: Tensor
    """Inputs of the layer."""
    states: tuple[Tensor, ...]
    """h_0 ... h_T and, if the cell has a cell state, c_0 ... c_T; each [B, S, H]."""
    gates: dict[str, Tensor]
    """Values [B, T, H] of every gate in `Cell.gates`, by letter."""
    kernel_pass: KernelPass | None = None
    """The pass on our kernels that computed the trace; None on another engine."""

    @property
    def outputs(self) -> Tensor:
        """h_1 ... h_T, [B, T, H]."""
        return self.states[0][:, 1:]


def layer_names(stack: RecurrentStack) -> list[str]:
    """Return the names of the layers and their reverse directions, from the lowest up."""
    suffixes = ("", "_reverse") if stack.is_bidirectional else ("",)
    return [f"l{layer}{suffix}" for layer in range(stack.num_layers) for suffix in suffixes]


@torch.no_grad()
def trace_layers(stack: RecurrentStack, x_BTI: Tensor, state: State) -> list[LayerTrace]:
    """Return the trace of every layer, from the lowest up, without dropout or padding.

    Our kernels keep gates and states for their backward pass. Torch's kernel returns every h, from
    which one product gives the gates of all steps. It does not return c, which is computed by the
    linear recurrence c_t = f_t c_{t-1} + i_t g_t.
    """
    kernels = stack.kernels(x_BTI)
    traces: list[LayerTrace] = []
    names = layer_names(stack)
    for layer in range(stack.num_layers):
        outputs = []
        for is_reverse in (False, True) if stack.is_bidirectional else (False,):
            weights = stack.weights(layer, reverse=is_reverse)
            input_BTI = x_BTI.flip(1) if is_reverse else x_BTI
            start = state[len(traces)]
            if kernels is not None:
                trace = _trace_on_kernels(stack.cell, kernels, weights, input_BTI, start)
            else:
                trace = _trace(stack.cell, weights, input_BTI, start, is_fused=stack.is_fused)
            traces.append(trace._replace(name=names[len(traces)]))
            outputs.append(trace.outputs.flip(1) if is_reverse else trace.outputs)
        y_BTF = torch.cat(outputs, dim=2)
        x_BTI = y_BTF + x_BTI if stack.is_residual and layer > 0 else y_BTF
    return traces


def _trace_on_kernels(
    cell: Cell[Any], kernels: Kernels, weights: LayerWeights, x_BTI: Tensor, start: LayerState
) -> LayerTrace:
    x_BTG = cell.project(x_BTI, weights)
    kernel_pass = pass_through(cell, kernels, x_BTG, start, weights)
    parts = [part for part in (kernel_pass.outputs, kernel_pass.cells) if part is not None]
    states = tuple(
        torch.cat([before_BH[:, None], torch.from_numpy(part)], dim=1)
        for before_BH, part in zip(start, parts, strict=True)
    )
    gates = dict(zip(cell.gates, map(torch.from_numpy, kernel_pass.gates()), strict=False))
    gates = gates or _gates(cell, weights, x_BTG, states)
    return LayerTrace("", weights, x_BTI, states, gates, kernel_pass)


def _trace(
    cell: Cell[Any], weights: LayerWeights, x_BTI: Tensor, start: LayerState, *, is_fused: bool
) -> LayerTrace:
    x_BTG = cell.project(x_BTI, weights)
    if not is_fused:
        states = _states_by_steps(cell, weights, x_BTG, start)
        return LayerTrace("", weights, x_BTI, states, _gates(cell, weights, x_BTG, states))
    y_BTH, _ = cell.fused(x_BTI, start, weights)
    h_BSH = torch.cat([start[0][:, None], y_BTH], dim=1)
    # No gate of a fused cell reads c, so h can be passed in place of c.
    gates = _gates(cell, weights, x_BTG, (h_BSH,) * cell.num_states)
    states = (h_BSH,)
    if cell.num_states == 2:
        c_BTH = scan(gates["f"], gates["i"] * gates["g"], start[1])
        states = (h_BSH, torch.cat([start[1][:, None], c_BTH], dim=1))
    return LayerTrace("", weights, x_BTI, states, gates)


def _states_by_steps(
    cell: Cell[Any], weights: LayerWeights, x_BTG: Tensor, state: LayerState
) -> tuple[Tensor, ...]:
    steps = [state]
    for x_BG in x_BTG.unbind(1):
        steps.append(cell.step(x_BG, steps[-1], weights))
    return tuple(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True))


def _gates(
    cell: Cell[Any], weights: LayerWeights, x_BTG: Tensor, states: tuple[Tensor, ...]
) -> dict[str, Tensor]:
    """Return the gates [B, T, H] of all steps, computed as one step of B * T rows."""
    before = tuple(part_BSH[:, :-1].flatten(0, 1) for part_BSH in states)
    values = cell.gate_values(x_BTG.flatten(0, 1), before, weights)
    shape = x_BTG.shape[:2]
    return {
        letter: value.view(*shape, -1) for letter, value in zip(cell.gates, values, strict=True)
    }
