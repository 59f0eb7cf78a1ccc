"""The TensorBoard mirror of a journal: metrics, samples, histograms of gradients and gates."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.base.display import visible
from rnnlab.runs.records import (
    EvalRecord,
    LayersRecord,
    ProbeRecord,
    Record,
    SampleRecord,
    TrainRecord,
)

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.tensorboard import SummaryWriter


class Mirror:
    """A TensorBoard event file, stored next to the journal.

    TensorBoard is imported for the first figures, which are in the journal by then, because its
    import would delay the first record of a run. Earlier samples are added with these figures.
    """

    def __init__(self, folder: Path, step: int) -> None:
        """TensorBoard discards the events of earlier files after `step`."""
        self._folder = folder
        self._step = step
        self._samples: list[SampleRecord] = []

    @cached_property
    def _writer(self) -> SummaryWriter:
        """The event file, which is opened when it is first used."""
        from torch.utils.tensorboard import SummaryWriter

        purge_step = self._step + 1 if self._step else None
        return SummaryWriter(str(self._folder), purge_step=purge_step, flush_secs=10)

    @property
    def _is_open(self) -> bool:
        return "_writer" in vars(self)

    def add(self, record: Record) -> None:
        """Write one record of the journal."""
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
                scalars |= {f"weight/{name}": norm for name, norm in record.weight_norms.items()}
            case ProbeRecord():
                scalars = {f"half_life/{name}": steps for name, steps in record.half_life.items()}
                scalars |= {f"gate_shut/{name}": fraction for name, fraction in record.shut.items()}
                scalars |= {f"gate_open/{name}": fraction for name, fraction in record.open.items()}
            case SampleRecord():
                self._samples.append(record)
                scalars = {}
            case _:
                return
        for name, value in scalars.items():
            if value is not None:
                self._writer.add_scalar(name, value, record.step)
        if self._is_open:
            self._add_samples()

    def _add_samples(self) -> None:
        """Write the samples that have not been written yet."""
        for record in self._samples:
            self._add_sample(record)
        self._samples.clear()

    def _add_sample(self, record: SampleRecord) -> None:
        """Write a sample as a code block, so that TensorBoard does not render it as Markdown."""
        text = f"{record.prompt}\N{BLACK RIGHT-POINTING SMALL TRIANGLE}{record.text}"
        block = "\n".join(f"    {line}" for line in visible(text).split("\n"))
        tag = f"samples/{record.prompt_number} {record.decoder}"
        self._writer.add_text(tag, block, record.step)

    def add_histograms(self, group: str, tensors: dict[str, Tensor], step: int) -> None:
        """Write a histogram of each finite tensor: gradients by parameter, or values by gate."""
        for name, tensor in tensors.items():
            if tensor.isfinite().all():
                self._writer.add_histogram(f"{group}/{name}", tensor.float(), step)

    def close(self) -> None:
        """Flush and close the event file; open it before, if it has events to add or to discard."""
        if self._is_open or self._step or self._samples:
            self._add_samples()
            self._writer.close()
