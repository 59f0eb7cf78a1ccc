"""The target of a run: a validation loss, or the accuracy of a classifier."""

from __future__ import annotations

from rnnlab.base.display import loss, percent
from rnnlab.runs.records import EvalRecord
from rnnlab.training._run_log import RunLog


def note_target(target: float | None, record: EvalRecord, log: RunLog) -> bool:
    """Log that a validation has reached the target; return True if it has.

    target: lowest accuracy of a classifier, or highest loss in nats per token; None for no target.
    """
    if target is None:
        return False
    if record.accuracy is not None:
        has_reached = record.accuracy >= target
        message = f"accuracy {percent(record.accuracy)}, target {percent(target)}"
    else:
        has_reached = record.val_loss is not None and record.val_loss <= target
        message = f"val {loss(record.val_loss)}, target {target:g}"
    if has_reached:
        log.note("target", message)
    return has_reached
