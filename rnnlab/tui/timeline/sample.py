"""One sample of the timeline, and the reason why a run has none."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.base.display import MISSING, compact_lines, figure, visible
from rnnlab.runs.records import SampleRecord
from rnnlab.runs.summary import RunSummary


class TimelineSample(VerticalScroll, can_focus=True):
    """One sample: a decoder's text for one prompt."""

    def __init__(self) -> None:
        super().__init__(classes="sample")
        self.record: SampleRecord | None = None
        self._head = Static(classes="head", markup=False)
        self._body = Static(markup=False)

    def compose(self) -> ComposeResult:
        """Yield the fixed head and the scrolling text."""
        yield self._head
        yield self._body

    def show(self, record: SampleRecord) -> None:
        """Show a sample."""
        self.record = record
        total = MISSING if record.logprob is None else figure(record.logprob, 1)
        mean = (record.logprob or 0.0) / max(1, record.num_tokens)
        figures = f"Σ {total} ø {figure(mean, 2)}"
        if not record.prompt:
            figures += ", without a prompt"
        name = visible(record.decoder, newline="⏎")
        self._head.update(Text.assemble((name, "bold"), (f"\n{figures}", "dim")))
        self._body.update(
            Text.assemble(
                (compact_lines(visible(record.prompt)), "dim"),
                compact_lines(visible(record.text)),
            )
        )


def why_empty(run: RunSummary) -> str:
    """Return why a run has no samples, and what the user can do."""
    if run.task == "classify":
        return (
            "A classifier does not write text. Press ^n for another run, or F3 to classify a "
            "document."
        )
    if run.is_shipped:
        return (
            "The shipped run comes without the samples of its training. Press F3 to prompt its "
            "final weights, ^n for another run, or n to start a run of your own with samples."
        )
    return (
        "This run has no samples. A run writes samples during training if sample_length is above "
        "0, the first before step 1. Press F3 to prompt the current weights, ^n for another run."
    )
