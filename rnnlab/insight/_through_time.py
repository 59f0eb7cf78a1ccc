"""How much of a loss's gradient reaches each state: ||dL/dh_t|| for every layer and step, exactly.

Two losses are followed. That of the *last* target alone tells how far back a gradient lives: its
norm over the steps back from the end, and the half-life of that curve. The mean loss of the *whole*
window is what training sees: every step adds to it, so that it hides a gradient that has vanished.

Shapes: L losses, B sequences, T steps, H hidden units, F features of a layer's output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.cells import LayerState, RecurrentStack
from rnnlab.insight._recursions import Recursion, recursion_of
from rnnlab.insight._trace import LayerTrace, layer_names, trace_layers
from rnnlab.models import Classifier, TextModel

_FIRST = 1
"""Steps back at which a half-life begins: h_T itself is the one state that the head reads."""
_FEWEST = 3
"""Norms through which a line says anything."""


class Sample(NamedTuple):
    """Sequences of equal length, without padding, that a model reads from its start state."""

    tokens_BT: Tensor
    targets: Tensor
    """[B, T] next tokens, or [B] classes of documents."""


class ThroughTime(NamedTuple):
    """Norms of dL/dh_t over all rows of a sample, of one layer; the last step stands last."""

    name: str
    of_last_T: Tensor
    """Of the last target's loss, mean over the rows."""
    of_all_T: Tensor
    """Of the mean loss of all targets; that of the last for a document, which has but one."""


def gradient_through_time(
    model: TextModel, sample: Sample, traces: Sequence[LayerTrace] | None = None
) -> list[ThroughTime]:
    """Return the norms for every layer, from the lowest up; dropout is off.

    traces: of the sample, where they are known. By the cell's recursion where it has one, otherwise
    by autograd through its equations, step after step.
    """
    recursion = recursion_of(model.rnn.cell)
    if recursion is None or model.rnn.is_bidirectional:
        return by_autograd(model, sample)
    return _by_recursion(model, sample, recursion, traces)


def trace_sample(model: TextModel, sample: Sample) -> list[LayerTrace]:
    """Return what happens in the layers while a model reads a sample."""
    with torch.no_grad():
        x_BTE = model.embed(sample.tokens_BT)
    return trace_layers(model.rnn, x_BTE, model.start_state(len(sample.tokens_BT)))


def half_life(norms_T: Sequence[float]) -> float | None:
    """Return the steps in which the gradient of the last loss halves on its way back.

    The straight line through the logarithms, by least squares, from one step before the last on:
    ln 2 / slope. 0 where it is gone at once: no slope can be seen, and 0 is all that is left at the
    end. None where it does not shrink, or where nothing is known: see `is_long_enough`.
    """
    if not is_long_enough(norms_T):
        return None
    backwards = list(reversed(norms_T))[_FIRST:]
    otherwise = 0.0 if backwards[-1] == 0.0 else None
    points = [(k, math.log2(norm)) for k, norm in enumerate(backwards) if 0.0 < norm < math.inf]
    if len(points) < _FEWEST:
        return otherwise
    mean_k = sum(k for k, _ in points) / len(points)
    mean_log = sum(log for _, log in points) / len(points)
    covariance = sum((k - mean_k) * (log - mean_log) for k, log in points)
    slope = covariance / sum((k - mean_k) ** 2 for k, _ in points)
    return -1.0 / slope if slope < 0 else otherwise


def is_long_enough(norms_T: Sequence[float | None]) -> bool:
    """Tell whether there are steps enough for a half-life."""
    return len(norms_T) >= _FIRST + _FEWEST


def _by_recursion(
    model: TextModel,
    sample: Sample,
    recursion: Recursion,
    traces: Sequence[LayerTrace] | None,
) -> list[ThroughTime]:
    traces = traces or trace_sample(model, sample)
    stack = model.rnn
    top = traces[-1]
    y_BTF = top.outputs
    if stack.is_residual and stack.num_layers > 1:
        y_BTF = y_BTF + top.x_BTI
    y_BTF = y_BTF.detach().requires_grad_()
    with torch.enable_grad():
        losses = _losses(model, sample, y_BTF)
    grads = [torch.autograd.grad(loss, y_BTF, retain_graph=True)[0] for loss in losses]
    dy_LBTF = torch.stack(grads)
    found: list[ThroughTime] = []
    with torch.no_grad():
        for layer, trace in reversed(list(enumerate(traces))):
            q_LBTH, da_LBTG = recursion(trace, dy_LBTF)
            found.append(_norms(trace.name, q_LBTH))
            if layer:
                skipped = dy_LBTF if stack.is_residual else 0.0
                dy_LBTF = da_LBTG @ trace.weights.weight_ih + skipped
    return found[::-1]


def by_autograd(model: TextModel, sample: Sample) -> list[ThroughTime]:
    """Return the same by autograd through the equations: slow, for any cell; the readable twin."""
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
    """Return the top layer's outputs; `states` gets every h_t of every layer and direction."""
    suffixes = (False, True) if stack.is_bidirectional else (False,)
    for layer in range(stack.num_layers):
        outputs = []
        for is_reverse in suffixes:
            weights = stack.weights(layer, reverse=is_reverse)
            x_BTG = stack.cell.project(x_BTI.flip(1) if is_reverse else x_BTI, weights)
            state, passed = start[len(states)], []
            for x_BG in x_BTG.unbind(1):
                state = stack.cell.step(x_BG, state, weights)
                passed.append(state[0])
            states.append(passed)
            y_BTH = torch.stack(passed, dim=1)
            outputs.append(y_BTH.flip(1) if is_reverse else y_BTH)
        y_BTF = torch.cat(outputs, dim=2)
        x_BTI = y_BTF + x_BTI if stack.is_residual and layer > 0 else y_BTF
    return x_BTI


def _losses(model: TextModel, sample: Sample, y_BTF: Tensor) -> tuple[Tensor, ...]:
    """Return the loss of the last target and the mean of all, or that of the documents alone."""
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
