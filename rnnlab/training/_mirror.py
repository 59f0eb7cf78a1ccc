"""The TensorBoard mirror of a journal: the same figures, and histograms of the gradients."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from rnnlab.runs.records import EvalRecord, LayersRecord, Record, TrainRecord


class Mirror:
    """An event file beside the journal."""

    def __init__(self, folder: Path, step: int) -> None:
        """Open it; what an earlier worker wrote beyond `step` is marked as void."""
        self._writer = SummaryWriter(
            str(folder), purge_step=step + 1 if step else None, flush_secs=10
        )

    def add(self, record: Record) -> None:
        """Mirror one record."""
        match record:
            case TrainRecord():
                scalars = {
                    "loss/train": record.train_loss,
                    "gradient/norm": record.grad_norm,
                    "gradient/norm_max": record.grad_norm_max,
                    "gradient/clipped": record.clipped,
                    "lr": record.lr,
                    "tokens_per_s": record.tokens_per_s,
                }
            case EvalRecord():
                scalars = {"loss/val": record.val_loss, "accuracy/val": record.accuracy}
            case LayersRecord():
                scalars = {f"gradient/{name}": norm for name, norm in record.grad_norms.items()}
            case _:
                return
        for name, value in scalars.items():
            if value is not None:
                self._writer.add_scalar(name, value, record.step)

    def add_gradients(self, gradients: dict[str, Tensor], step: int) -> None:
        """Write a histogram of every parameter's gradient."""
        for name, gradient in gradients.items():
            if gradient.isfinite().all():
                self._writer.add_histogram(f"gradients/{name}", gradient.float(), step)

    def close(self) -> None:
        """Flush and close the event file."""
        self._writer.close()
