"""The TensorBoard mirror of a journal: metrics, samples, histograms, settings.

A tag is `GROUP/NAME`. TensorBoard sorts the groups by name, so the names of all others come after
`loss`, the group that a user needs first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.base.display import visible
from rnnlab.base.parsing import parse_toml
from rnnlab.base.regular_files import read_text
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    LayersRecord,
    ProbeRecord,
    Record,
    SampleRecord,
    TrainRecord,
)

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.tensorboard import SummaryWriter

Scalars = dict[str, float | None]
HISTOGRAMS = ("parameter_gradients/values", "recurrent_gates/values")
"""Beginnings of the tags of histograms: of gradients by parameter, of gates by layer and gate."""
SETTINGS = "settings/config.toml"
"""Tag of the settings as text."""
_METRICS: dict[str, float] = {"loss/train": 0.0, "loss/val": 0.0, "metrics/accuracy": 0.0}
"""Scalars that the page of hyperparameters shows; the values are not used."""
_INDENT = "    "
"""Begins every line of a text: TensorBoard then renders a code block, not Markdown."""


def _of_steps(record: TrainRecord) -> Scalars:
    return {
        "loss/train": record.train_loss,
        "optimizer/learning_rate": record.lr,
        "optimizer/gradient_norm": record.grad_norm,
        "optimizer/gradient_norm_max": record.grad_norm_max,
        "optimizer/clipped": record.clipped,
        "speed/tokens_per_s": record.tokens_per_s,
    }


def _of_validation(record: EvalRecord) -> Scalars:
    return {"loss/val": record.val_loss, "metrics/accuracy": record.accuracy}


def _of_layers(record: LayersRecord) -> Scalars:
    norms = {f"parameter_gradients/norm/{name}": x for name, x in record.grad_norms.items()}
    return norms | {f"parameter_weights/norm/{name}": x for name, x in record.weight_norms.items()}


def _of_probe(record: ProbeRecord) -> Scalars:
    return {
        **{f"recurrent_gates/open/{name}": fraction for name, fraction in record.open.items()},
        **{f"recurrent_gates/shut/{name}": fraction for name, fraction in record.shut.items()},
        **{f"recurrent_memory/half_life/{name}": num for name, num in record.half_life.items()},
    }


_SCALARS: Mapping[type, Callable[[Any], Scalars]] = {
    TrainRecord: _of_steps,
    EvalRecord: _of_validation,
    LayersRecord: _of_layers,
    ProbeRecord: _of_probe,
}


class Mirror:
    """A TensorBoard event file, stored next to the journal.

    TensorBoard is imported for the first figures, which are in the journal by then, because its
    import would delay the first record of a run. Earlier samples are added with these figures.
    """

    def __init__(self, folder: Path, step: int) -> None:
        """TensorBoard discards the events of earlier files after `step`."""
        self._paths = RunPaths(folder)
        self._step = step
        self._samples: list[SampleRecord] = []

    @cached_property
    def _writer(self) -> SummaryWriter:
        """The event file, which is opened when it is first used; it begins with the settings."""
        from torch.utils.tensorboard import SummaryWriter

        purge_step = self._step + 1 if self._step else None
        writer = SummaryWriter(str(self._paths.root), purge_step=purge_step, flush_secs=10)
        self._add_settings(writer, self._step)
        return writer

    def _add_settings(self, writer: SummaryWriter, step: int) -> None:
        """Write the present settings of the run, as text and as hyperparameters."""
        from torch.utils.tensorboard.summary import hparams

        try:
            text = read_text(self._paths.config)
            settings = parse_toml(text)
        except (OSError, ValueError):
            return  # the figures do not depend on them
        writer.add_text(SETTINGS, _code(text), step)
        shown = {n: str(v).lower() if isinstance(v, bool) else v for n, v in settings.items()}
        begin = hparams(shown, _METRICS)[:2]  # type: ignore[no-untyped-call]
        file_writer: Any = writer.file_writer
        for summary in begin:
            file_writer.add_summary(summary)

    @property
    def _is_open(self) -> bool:
        return "_writer" in vars(self)

    def add(self, record: Record) -> None:
        """Write one record of the journal; after a change of settings, also the settings."""
        if isinstance(record, SampleRecord):
            self._samples.append(record)
        elif isinstance(record, EventRecord) and record.event == "set" and self._is_open:
            self._add_settings(self._writer, record.step)
        for name, value in _SCALARS.get(type(record), lambda _: {})(record).items():
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
        tag = f"samples/{record.prompt_number} {record.decoder}"
        self._writer.add_text(tag, _code(text), record.step)

    def add_histograms(self, group: str, tensors: dict[str, Tensor], step: int) -> None:
        """Write a histogram of each finite tensor, by parameter or gate; group: of HISTOGRAMS."""
        for name, tensor in tensors.items():
            if tensor.isfinite().all():
                self._writer.add_histogram(f"{group}/{name}", tensor.float(), step)

    def close(self) -> None:
        """Flush and close the event file; open it before, if it has events to add or to discard."""
        if self._is_open or self._step or self._samples:
            self._add_samples()
            self._writer.close()


def _code(text: str) -> str:
    return "\n".join(_INDENT + line for line in visible(text).split("\n"))
