"""The details of the chosen run: metrics, settings, the last events."""

from __future__ import annotations

from typing import Self

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.widgets import Static

from rnnlab.base.display import count, duration, loss, nats_per, percent, visible
from rnnlab.runs.history import History
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.state.remedy import with_keys

_EVENTS = 30
"""Maximum number of events shown."""
_NO_RUN = "no run is chosen; press n to start one"


class _Body(Static):
    """The text, which asks for no new frame while it is hidden.

    Textual answers a refresh of a hidden widget with the layout of all widgets, which would take
    longer than the frame that shows a newly chosen run.
    """

    _is_behind = False
    """Whether the text has changed since it was last visible."""

    def refresh(self, *regions: Region, **options: bool) -> Self:
        """Repaint; while the details are hidden, note that this is to be done."""
        if self.is_attached and not all(widget.display for widget in self.ancestors_with_self):
            self._is_behind = True
            return self
        return super().refresh(*regions, **options)

    def catch_up(self) -> None:
        """Repaint the text if it has changed while it was hidden."""
        if self._is_behind:
            self._is_behind = False
            self.refresh(layout=True)


class Details(VerticalScroll, can_focus=True):
    """Show the facts about a run, one per line."""

    BORDER_TITLE = "Details"

    def __init__(self) -> None:
        super().__init__(id="details")
        self._shown = ""
        self._run: tuple[RunSummary | None, History | None, int | None] = (None, None, None)
        self._body = _Body(_NO_RUN, markup=False)

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield self._body

    def show(
        self, summary: RunSummary | None, history: History | None, last: int | None = None
    ) -> None:
        """Show a run; update the text only if it has changed.

        last: step of the run's last checkpoint. While the details are hidden, figures that change
        at every poll are left out until they are shown.
        """
        is_other = _main_facts(summary) != _main_facts(self._run[0])
        self._run = summary, history, last
        if self.display or is_other:
            self._update()

    def on_show(self) -> None:
        """Show the current run when the details become visible."""
        self._update()
        self._body.catch_up()

    def _update(self) -> None:
        summary, history, last = self._run
        text = Text(_NO_RUN) if summary is None else _facts(summary, history, last)
        if text.markup != self._shown:
            self._shown = text.markup
            lines = text.split("\n")
            is_wrapped = max(line.cell_len for line in lines) > self._body.size.width
            # A new layout of the screen takes as long as drawing a chart.
            has_new_height = is_wrapped or len(lines) != self._body.size.height
            self._body.update(text, layout=has_new_height)


def _main_facts(s: RunSummary | None) -> tuple[str, ...]:
    return () if s is None else (s.name, s.state, s.stage, s.reason, s.alarm)


def _validations(s: RunSummary) -> str:
    """Return the last and the best validation loss; only a dash before the first validation."""
    best = "" if s.best_step is None else f", best {loss(s.best_val_loss)} at step {s.best_step:,}"
    return f"{loss(s.val_loss)}{best}"


def _facts(s: RunSummary, history: History | None, last: int | None) -> Text:
    layers = f"{s.layers} x {s.hidden}" if s.layers else ""
    total = f" of {s.total_steps:,}" if s.total_steps else ""
    accuracy = [("acc", f"{percent(s.val_accuracy)} of the documents correct")]
    if s.val_accuracy is None:
        accuracy = []
    is_elsewhere = s.state == "finished" and last != s.step
    rows = [
        ("state", f"{s.state_text}: {s.stage}" if s.stage else s.state_text),
        ("model", f"{s.cell} {layers}, {count(s.parameters)} parameters"),
        ("text", f"{s.corpus}, {s.task}"),
        ("step", f"{s.step:,}{total}, epoch {s.epoch:.2f}"),
        *([("saved", f"weights of step {last:,}")] if is_elsewhere and last else []),
        ("train", f"{loss(s.train_loss)} {nats_per(s.unit)}"),
        ("val", _validations(s)),
        *accuracy,
        ("grad", f"{loss(s.grad_norm)}, clip limit {s.clip:g}" if s.clip else loss(s.grad_norm)),
        ("speed", f"{count(s.tokens_per_s)} tokens/s on {s.device or '?'}"),
        ("time", f"{duration(s.elapsed_s)}, {duration(s.eta_s)} left"),
        *([("tags", " ".join(s.tags))] if s.tags else []),
        *([("note", s.note)] if s.note else []),
    ]
    text = Text.assemble((s.name + "\n", "bold"))
    for error in filter(None, (s.alarm, s.reason)):
        text.append(visible(with_keys(error, s.name)) + "\n", "bold red")
    for name, value in rows:
        text.append(f"{name:<6}", "dim").append(f"{visible(value, newline=' ')}\n")
    is_lost = s.state == "lost"  # the journal has no such event: the worker could not write it
    if history is not None and (history.events or is_lost):
        text.append("\nevents\n", "bold")
        if is_lost:
            text.append(f"{s.step:>6} ", "dim").append("lost: the worker died\n")
        for event in reversed(history.events[-_EVENTS:]):
            words = visible(with_keys(event.message, s.name), newline=" ")
            message = f": {words}" if words else ""
            text.append(f"{event.step:>6} ", "dim").append(f"{visible(event.event)}{message}\n")
    text.rstrip()
    return text
