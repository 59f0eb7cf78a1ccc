"""One optimiser step: loss, gradient, clipping, update; and the sums that a record is made of.

Nothing here waits for the device. Shapes: B sequences, T tokens, V tokens of the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlab.config import RunConfig
from rnnlab.corpora import Batch
from rnnlab.models import LanguageModel
from rnnlab.runs.records import LayersRecord, TrainRecord
from rnnlab.training._optimizer import step_if_finite
from rnnlab.training._state import TrainingState, Window


def take_step(
    model: LanguageModel,
    optimizer: torch.optim.Optimizer,
    state: TrainingState,
    batch: Batch,
    config: RunConfig,
) -> dict[str, Tensor]:
    """Train on one batch and return the gradient norm of every parameter, before clipping.

    A loss or gradient that is not finite never enters the weights; the step counts as skipped and
    the carried state starts afresh.
    """
    device = model.head.weight.device
    inputs_BT = torch.from_numpy(batch.inputs_BT).to(device, non_blocking=True)
    targets_BT = torch.from_numpy(batch.targets_BT).to(device, non_blocking=True)
    carried = state.carried
    if batch.is_start or carried is None:
        carried = model.start_state(len(batch.inputs_BT))
    with torch.autocast(device.type, torch.bfloat16, enabled=config.dtype == "bfloat16"):
        logits_BTV, carried = model(inputs_BT, carried, state.generator)
    loss = F.cross_entropy(_wide(logits_BTV).flatten(0, 1), targets_BT.flatten())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]

    named = {name: p for name, p in model.named_parameters() if p.grad is not None}
    norms = {name: p.grad.norm() for name, p in named.items() if p.grad is not None}
    total_norm = torch.stack(list(norms.values())).norm()
    is_finite = torch.isfinite(total_norm) & torch.isfinite(loss.detach())
    if config.clip:
        torch.nn.utils.clip_grads_with_norm_(named.values(), config.clip, total_norm)
    step_if_finite(optimizer, is_finite)

    state.carried = tuple(
        tuple(torch.where(is_finite, _wide(part.detach()), 0.0) for part in layer)
        for layer in carried
    )
    is_clipped = total_norm > config.clip if config.clip else torch.zeros_like(is_finite)
    _add(state.window, batch, loss.detach(), total_norm, is_clipped, is_finite)
    return norms


def _wide(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def _add(
    window: Window, batch: Batch, loss: Tensor, norm: Tensor, is_clipped: Tensor, is_finite: Tensor
) -> None:
    share = is_finite.to(torch.float64)
    row = torch.stack([loss * batch.num_tokens, norm, is_clipped.to(loss.dtype)]).to(torch.float64)
    kept = torch.where(is_finite, row, 0.0)
    window.sums += torch.cat([kept, (1 - share)[None]])
    window.norm_max = torch.maximum(window.norm_max, kept[1])
    window.num_tokens += share * batch.num_tokens
    window.num_steps += 1
    window.num_read += batch.num_tokens


def train_record(state: TrainingState, epoch: float, lr: float) -> TrainRecord:
    """Sum the window up; this is where the device is waited for."""
    window = state.window
    loss_sum, norm_sum, num_clipped, num_skipped = window.sums.tolist()
    num_taken = window.num_steps - int(num_skipped)
    num_tokens = window.num_tokens.item()
    return TrainRecord(
        step=state.step,
        epoch=epoch,
        time_s=state.elapsed_s,
        train_loss=loss_sum / num_tokens if num_tokens else None,
        grad_norm=norm_sum / num_taken if num_taken else None,
        grad_norm_max=window.norm_max.item() if num_taken else None,
        clipped=num_clipped / num_taken if num_taken else 0.0,
        skipped=int(num_skipped),
        lr=lr,
        tokens_per_s=window.num_read / window.seconds if window.seconds else 0.0,
    )


def layers_record(step: int, norms: dict[str, Tensor]) -> LayersRecord:
    """Bring the gradient norms of a step to the host, all at once."""
    values = torch.stack(list(norms.values())).tolist()
    return LayersRecord(step, dict(zip(norms, values, strict=True)))
