"""One optimiser step: loss, gradient, clipping, update; and the records of the journal.

`compute_step` must not synchronise the device. Shapes: N targets, C classes or tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.cells import State
from rnnlab.corpora import Batch
from rnnlab.models import Example, TextModel
from rnnlab.runs.records import LayersRecord, TrainRecord
from rnnlab.settings.run_config import RunConfig
from rnnlab.training._metrics import StepMetrics
from rnnlab.training._optimizer import step_if_finite
from rnnlab.training._precision import precision, supported_dtype
from rnnlab.training._state import TrainingState


class Work(NamedTuple):
    """What one step reads and changes."""

    model: TextModel
    optimizer: torch.optim.Optimizer
    example: Example
    carried: State
    """Hidden state before the first token."""
    fresh: State
    """Hidden state after a skipped step."""
    generator: torch.Generator
    """Draws the dropout masks."""
    config: RunConfig
    dtype: str
    """Number format of the computation."""


class Outcome(NamedTuple):
    """Results of one step; losses and norms are scalars on the device."""

    loss: Tensor
    """Mean loss over the targets in nats, without label smoothing."""
    norm: Tensor
    """Norm of the whole gradient before clipping."""
    largest: Tensor | None
    """Largest magnitude of a gradient element before clipping; None if elements are not clipped."""
    norms: dict[str, Tensor]
    """Parameter -> norm of its gradient before clipping."""
    gradients: dict[str, Tensor]
    """Parameter -> its gradient after clipping."""
    carried: State
    """Hidden state for the next batch, detached."""


Compute = Callable[[Work], Outcome]
"""Takes one optimiser step; see `compute_step`."""


def compute_step(work: Work) -> Outcome:
    """Take one optimiser step, on the device alone.

    If loss or gradient is not finite, the weights do not change and the carried state is reset.
    """
    model, config = work.model, work.config
    with precision(model.device, work.dtype):
        logits_NC, targets_N, carried = model.predict(work.example, work.carried, work.generator)
    objective, loss = model.losses(_wide(logits_NC), targets_N, config.label_smoothing)
    for parameter in model.learnt.values():
        parameter.grad = None
    objective.backward()  # type: ignore[no-untyped-call]

    named = {name: p for name, p in model.learnt.items() if p.grad is not None}
    gradients = [p.grad for p in named.values() if p.grad is not None]
    norms = torch._foreach_norm(gradients)
    total_norm = _norm(norms)
    is_finite = torch.isfinite(total_norm + loss)
    largest = _limit_values(gradients, config.clip_value)
    if config.clip:
        clipped_norm = total_norm if largest is None else _norm(torch._foreach_norm(gradients))
        torch.nn.utils.clip_grads_with_norm_(named.values(), config.clip, clipped_norm)
    step_if_finite(work.optimizer, is_finite)
    return Outcome(
        loss, total_norm, largest, dict(zip(named, norms, strict=True)),
        dict(zip(named, gradients, strict=True)), _next_state(carried, is_finite, work.fresh),
    )  # fmt: skip


def take_step(
    model: TextModel,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    batch: Batch,
    config: RunConfig,
    dtype: str | None = None,
    compute: Compute = compute_step,
) -> dict[str, Tensor]:
    """Train on one batch; return parameter -> norm of its gradient before clipping.

    The norms are scalars on the device, and valid until the next step. dtype: number format of the
    computation; default: `config.dtype`, or float32 if the device does not support this. A step
    whose loss or gradient is not finite counts as skipped.
    """
    fresh = _fresh_state(model, state, len(batch.inputs_BT))
    carried = fresh if batch.is_start or state.carried is None else state.carried
    outcome = compute(
        Work(
            model, optimizer, Example.of(batch, model.device), carried, fresh, state.generator,
            config, dtype or supported_dtype(model.device, config),
        )
    )  # fmt: skip
    state.carried = outcome.carried
    state.window.add(
        StepMetrics(
            outcome.loss, outcome.norm, outcome.largest, batch.num_tokens, batch.num_read,
            config.clip, config.clip_value,
        )
    )  # fmt: skip
    return outcome.norms


def _fresh_state(model: TextModel, state: TrainingState, batch: int) -> State:
    """Return the state before the first token; cached until the batch size changes."""
    if not state.start or state.start[0][0].shape[0] != batch:
        state.start = model.start_state(batch)
    return state.start


def _norm(norms: Sequence[Tensor]) -> Tensor:
    """Return the norm of all parameters together, computed from their norms (scalars)."""
    norm: Tensor = torch.linalg.vector_norm(torch.stack(list(norms)))
    return norm


def _limit_values(gradients: list[Tensor], limit: float) -> Tensor | None:
    """Clip every gradient element to [-limit, limit]; return the largest magnitude before that.

    Returns None, and does not clip, if `limit` is 0.
    """
    if not limit:
        return None
    largest = torch.stack(torch._foreach_norm(gradients, torch.inf)).max()
    torch._foreach_clamp_min_(gradients, -limit)
    torch._foreach_clamp_max_(gradients, limit)
    return largest


def _next_state(carried: State, is_finite: Tensor, fresh: State) -> State:
    """Return the next batch's initial state, detached: `carried`; after a skipped step `fresh`."""
    return tuple(
        tuple(
            torch.where(is_finite, _wide(part.detach()), start)
            for part, start in zip(layer, starts, strict=True)
        )
        for layer, starts in zip(carried, fresh, strict=True)
    )


def _wide(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def train_record(state: TrainingState, epoch: float, lr: float) -> TrainRecord:
    """Return a record of all steps since the previous record; this synchronises the device."""
    window = state.window
    window.fold()
    num_updates = window.num_steps - window.num_skipped
    return TrainRecord(
        step=state.step,
        epoch=epoch,
        time_s=state.elapsed_s,
        train_loss=window.loss_sum / window.num_tokens if window.num_tokens else None,
        grad_norm=window.norm_sum / num_updates if num_updates else None,
        grad_norm_max=window.norm_max if num_updates else None,
        clipped=window.num_clipped / num_updates if num_updates else 0.0,
        skipped=window.num_skipped,
        lr=lr,
        tokens_per_s=window.num_read / window.seconds if window.seconds else 0.0,
    )


def layers_record(model: TextModel, step: int, norms: dict[str, Tensor]) -> LayersRecord:
    """Return the norms of gradients and weights per parameter, in one transfer from the device.

    norms: gradient norms, as returned by `take_step`.
    """
    weights = torch._foreach_norm([model.learnt[name].detach() for name in norms])
    values = torch.stack([*norms.values(), *weights]).tolist()
    weight_norms = dict(zip(norms, values[len(norms) :], strict=True))
    return LayersRecord(step, dict(zip(norms, values, strict=False)), weight_norms)
