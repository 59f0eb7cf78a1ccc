"""Gradient through time: ||dL/dh_t|| for every layer and step, computed exactly.

There are two losses. The loss of the *last* target shows how far back a gradient
reaches: its norm as a function of the steps back from the end, and the half-life of this curve. The
mean loss of *all* targets is the training loss; every step contributes to it, which hides a
vanished gradient.

Shapes: L losses, B sequences, T steps, H hidden units, F features of a layer's output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells import Cell, KernelPass, LayerState, RecurrentStack
from rnnlab.insight._recursions import Recursion, recursion_of
from rnnlab.insight._trace import LayerTrace, layer_names, trace_layers
from rnnlab.models import Classifier, TextModel

_FIRST = 1
"""Steps back at which the fit of a half-life begins: the head reads h_T, 0 steps back, directly."""
_FEWEST = 3
"""Minimum number of norms for the fit of a half-life."""


class Sample(NamedTuple):
    """Sequences of equal length, without padding; the model reads each from its start state."""

    tokens_BT: Tensor
    targets: Tensor
    """Next tokens [B, T], or classes of documents [B]."""


class ThroughTime(NamedTuple):
    """Norms of dL/dh_t over all rows of a sample, for one layer, in the order of the steps."""

    name: str
    """The layer, such as `l0`."""
    of_last_T: Tensor
    """Norms of dL/dh_t, where L is the loss of the last target, averaged over the rows."""
    of_all_T: Tensor
    """Norms of dL/dh_t, where L is the mean loss of all targets; for documents, `of_last_T`."""


def gradient_through_time(
    model: TextModel, sample: Sample, traces: Sequence[LayerTrace] | None = None
) -> list[ThroughTime]:
    """Return the norms for every layer, from the lowest up. The model must be in evaluation mode.

    traces: the result of `trace_sample`, if known. Uses the backward pass of our kernels if they
    computed the trace, else the recursion of the cell; without one, uses autograd through the
    equations, step by step.
    """
    recursion = recursion_of(model.rnn.cell)
    if recursion is None and model.rnn.kernels(model.head.bias) is None:
        return by_autograd(model, sample)
    return _by_recursion(model, sample, recursion, traces or trace_sample(model, sample))


def trace_sample(model: TextModel, sample: Sample) -> list[LayerTrace]:
    """Return the states and gates of every layer while a model reads a sample."""
    with torch.no_grad():
        x_BTE = model.embed(sample.tokens_BT)
    return trace_layers(model.rnn, x_BTE, model.start_state(len(sample.tokens_BT)))


def half_life(norms_T: Sequence[float]) -> float | None:
    """Return the number of steps in which the gradient of the last loss halves on its way back.

    This half-life is -1 / slope of a least-squares line through log2 of the norms, without the last
    step. It is 0 if the gradient vanishes within too few steps for a fit, and None if the gradient
    does not shrink or there are too few norms (see `is_long_enough`).
    """
    if not is_long_enough(norms_T):
        return None
    backwards = list(reversed(norms_T))[_FIRST:]
    without_fit = 0.0 if backwards[-1] == 0.0 else None
    points = [(k, math.log2(norm)) for k, norm in enumerate(backwards) if 0.0 < norm < math.inf]
    if len(points) < _FEWEST:
        return without_fit
    mean_k = sum(k for k, _ in points) / len(points)
    mean_log = sum(log for _, log in points) / len(points)
    covariance = sum((k - mean_k) * (log - mean_log) for k, log in points)
    slope = covariance / sum((k - mean_k) ** 2 for k, _ in points)
    return -1.0 / slope if slope < 0 else without_fit


def is_long_enough(norms_T: Sequence[float | None]) -> bool:
    """Return whether there are enough norms for a half-life."""
    return len(norms_T) >= _FIRST + _FEWEST


def _by_recursion(
    model: TextModel, sample: Sample, recursion: Recursion | None, traces: Sequence[LayerTrace]
) -> list[ThroughTime]:
    stack = model.rnn
    num = 2 if stack.is_bidirectional else 1
    of_layers = [traces[begin : begin + num] for begin in range(0, len(traces), num)]
    y_BTF = torch.cat([_in_text_order(t.outputs, i, 1) for i, t in enumerate(of_layers[-1])], 2)
    if stack.is_residual and stack.num_layers > 1:
        y_BTF = y_BTF + of_layers[-1][0].x_BTI
    y_BTF = y_BTF.detach().requires_grad_()
    with torch.enable_grad():
        losses = _losses(model, sample, y_BTF)
    grads = [torch.autograd.grad(loss, y_BTF, retain_graph=True)[0] for loss in losses]
    dy_LBTF = torch.stack(grads)
    norms_of: list[ThroughTime] = []
    with torch.no_grad():
        for layer, directions in reversed(list(enumerate(of_layers))):
            below = [dy_LBTF] if stack.is_residual else []
            of_layer = []
            parts = dy_LBTF.chunk(num, dim=3)
            for number, (trace, part) in enumerate(zip(directions, parts, strict=True)):
                dy_LBTH = _in_text_order(part, number, 2)
                norms, dx_LBTI = _back_through(stack.cell, trace, recursion, dy_LBTH)
                of_layer.append(norms)
                below.append(_in_text_order(dx_LBTI, number, 2))
            norms_of = of_layer + norms_of
            if layer:
                dy_LBTF = torch.stack(below).sum(0)
    return norms_of


def _in_text_order(values: Tensor, number: int, time: int) -> Tensor:
    """Return values of a direction of a layer in the order of the text, or back; 1 is reverse."""
    return values.flip(time) if number else values


def _back_through(
    cell: Cell[Any], trace: LayerTrace, recursion: Recursion | None, dy_LBTH: Tensor
) -> tuple[ThroughTime, Tensor]:
    """Return the norms of a layer and the gradient [L, B, T, I] of its input for every loss."""
    if trace.kernel_pass is not None:
        return _on_kernels(cell, trace, trace.kernel_pass, dy_LBTH)
    assert recursion is not None
    q_LBTH, da_LBTG = recursion(trace, dy_LBTH)
    return _norms(trace.name, q_LBTH), da_LBTG @ trace.weights.weight_ih


def _on_kernels(
    cell: Cell[Any], trace: LayerTrace, kernel_pass: KernelPass, dy_LBTH: Tensor
) -> tuple[ThroughTime, Tensor]:
    x_BTI = trace.x_BTI.detach().requires_grad_()
    with torch.enable_grad():
        x_BTG = cell.project(x_BTI, trace.weights)
    norms: list[Tensor] = []
    grads: list[Tensor] = []
    for dy_BTH in dy_LBTH:
        back = kernel_pass.twin()  # the pass of the trace stays as it is
        squares_BT = torch.empty(dy_BTH.shape[:2])
        back.backward(dy_BTH.contiguous().numpy(), norms_BT=squares_BT.numpy())
        da_BTG = torch.from_numpy(back.input_gradient())
        norms.append(squares_BT.sum(0).sqrt())
        grads += torch.autograd.grad(x_BTG, x_BTI, da_BTG, retain_graph=True)
    return ThroughTime(trace.name, norms[0], norms[-1]), torch.stack(grads)


def by_autograd(model: TextModel, sample: Sample) -> list[ThroughTime]:
    """Return the same as `gradient_through_time`, for any cell, by autograd through the equations.

    It is slower than the recursions, and the reference for them.
    """
    stack = model.rnn
    states: list[list[Tensor]] = []
    with torch.enable_grad():
        start = model.start_state(len(sample.tokens_BT))
        y_BTF = _run_equations(stack, model.embed(sample.tokens_BT), start, states)
        losses = _losses(model, sample, y_BTF)
    h_all = [h_BH for layer in states for h_BH in layer]
    num_steps = sample.tokens_BT.shape[1]
    q_by_loss = []
    for loss in losses:
        grads = torch.autograd.grad(loss, h_all, retain_graph=True, materialize_grads=True)
        q_by_loss.append(
            torch.stack(grads, dim=1).view(-1, len(states), num_steps, stack.hidden_size)
        )
    q_LBKTH = torch.stack(q_by_loss)
    return [_norms(name, q_LBKTH[:, :, k]) for k, name in enumerate(layer_names(stack))]


def _run_equations(
    stack: RecurrentStack, x_BTI: Tensor, start: Sequence[LayerState], states: list[list[Tensor]]
) -> Tensor:
    """Return the top layer's outputs; append every h_t of every layer and direction to `states`."""
    suffixes = (False, True) if stack.is_bidirectional else (False,)
    for layer in range(stack.num_layers):
        outputs = []
        for is_reverse in suffixes:
            weights = stack.weights(layer, reverse=is_reverse)
            x_BTG = stack.cell.project(x_BTI.flip(1) if is_reverse else x_BTI, weights)
            state, h_steps = start[len(states)], []
            for x_BG in x_BTG.unbind(1):
                state = stack.cell.step(x_BG, state, weights)
                h_steps.append(state[0])
            states.append(h_steps)
            y_BTH = torch.stack(h_steps, dim=1)
            outputs.append(y_BTH.flip(1) if is_reverse else y_BTH)
        y_BTF = torch.cat(outputs, dim=2)
        x_BTI = y_BTF + x_BTI if stack.is_residual and layer > 0 else y_BTF
    return x_BTI


def _losses(model: TextModel, sample: Sample, y_BTF: Tensor) -> tuple[Tensor, ...]:
    """Return the last target's loss and the mean loss of all targets; for documents, one loss."""
    if isinstance(model, Classifier):
        lengths_B = torch.full_like(sample.targets, y_BTF.shape[1])
        logits_BC = model.logits(model.pool(y_BTF, lengths_B))
        return (F.cross_entropy(logits_BC, sample.targets),)
    logits_BTV = model.logits(y_BTF)
    last = F.cross_entropy(logits_BTV[:, -1], sample.targets[:, -1])
    return last, F.cross_entropy(logits_BTV.flatten(0, 1), sample.targets.flatten())


def _norms(name: str, q_LBTH: Tensor) -> ThroughTime:
    wide = q_LBTH.to(torch.promote_types(q_LBTH.dtype, torch.float32))
    norms_LT = torch.linalg.vector_norm(wide, dim=(1, 3))
    return ThroughTime(name, norms_LT[0], norms_LT[-1])
