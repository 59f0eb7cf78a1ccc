"""The texts of the panes of a run; pure functions, tested without a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.text import Text

from rnnlab.base.cells import to_left
from rnnlab.base.display import (
    MISSING,
    duration,
    loss,
    moment,
    nats_per,
    percent,
    size,
    visible,
)
from rnnlab.runs.history import History
from rnnlab.runs.summary import RunSummary
from rnnlab.runs.workers import WorkerRecord
from rnnlab.settings.command_line import as_text
from rnnlab.settings.groups import groups
from rnnlab.submit import Source
from rnnlab.tui.outside.run_files import RunFiles
from rnnlab.tui.run_view.changes import Change, written_at_start
from rnnlab.tui.state.remedy import with_keys

MOST_EVENTS = 500
"""Maximum number of events in the pane."""
INDENTS = {"run-settings": 20, "run-facts": 8, "run-events": 17}
"""Pane -> column of its texts, after the names or figures in front of them."""
_BAR = 10
_SOURCES = tuple(map(str, Source))
_DEFAULT = str(Source.DEFAULT)
_SETTING = 18
"""Cells of the name of a setting; a longer name moves its value."""
_CHANGED = "changed during training"


def heading(s: RunSummary, width: int) -> Text:
    """Return the state of a run, its progress and its losses.

    width: columns of a line; a label and its value stay on one line.
    """
    parts = [Text.assemble((f"{s.name} ", "bold"), s.state_text)]
    steps = f"step {s.step:,}"
    if s.total_steps:
        fraction = min(s.step / s.total_steps, 1.0)
        filled = round(_BAR * fraction)
        bar = ("━" * filled, "green"), ("─" * (_BAR - filled), "dim")
        parts.append(Text.assemble(*bar, f" {fraction:.0%}"))
        steps += f" of {s.total_steps:,}"
    left = f"{duration(s.eta_s)} left" if s.is_active else f"in {duration(s.elapsed_s)}"
    losses = f"train {loss(s.train_loss)}", f"val {loss(s.val_loss)} {nats_per(s.unit)}"
    parts += map(Text, (left, steps, *losses))
    if s.val_accuracy is not None:
        parts.append(Text(f"accuracy {percent(s.val_accuracy)}"))
    text, line = Text(), 0
    for part in parts:
        gap = "  " if line and line + 2 + part.cell_len <= width else "\n" * bool(text)
        line = line + 2 + part.cell_len if gap == "  " else part.cell_len
        text.append(gap).append_text(part)
    return text


def settings_text(files: RunFiles, changes: Sequence[Change] = ()) -> Text:
    """Return the settings, grouped by their sources; those with their defaults come last."""
    if not files.settings:
        return Text("config.toml is missing or cannot be read", "bold red")
    order = [name for names in groups().values() for name in names if name in files.settings]
    order += [name for name in files.settings if name not in order]
    by_source: dict[str, list[str]] = {source: [] for source in _SOURCES}
    changed = {name for change in changes for name in change.values}
    for name in order:
        source = _CHANGED if name in changed else files.sources.get(name, _DEFAULT)
        by_source.setdefault(source, []).append(name)
    text = Text()
    for source in sorted(by_source, key=lambda source: source == _DEFAULT):
        if names := by_source[source]:
            text.append(("\n" if text else "") + _line(source) + "\n", "bold cyan")
        for name in names:
            title = _line(name)
            text.append(f" {to_left(title, max(_SETTING, cell_len(title)))} ", "dim")
            text.append(_line(as_text(files.settings[name])) + "\n")
    return text


def facts_text(s: RunSummary, files: RunFiles, changes: Sequence[Change] = ()) -> Text:
    """Return note, tags, the equivalent commands, the process, the environment and the folder."""
    text = Text()
    for error in filter(None, (s.alarm, s.reason)):
        text.append(_line(with_keys(error, s.name)) + "\n", "bold red")
    if s.note:
        text.append(visible(s.note) + "\n", "italic")
    if s.tags:
        text.append("tags    ", "dim").append(f"{_line(' '.join(s.tags))}\n")
    command = written_at_start(files, changes).command(s.name)
    text.append("command ", "dim").append(_line(command) + "\n")
    for change in changes:
        text.append("then    ", "dim").append(f"at step {change.step:,}: ", "dim")
        text.append(_line(change.command(s.name)) + "\n")
    if s.pid:
        text.append("process ", "dim").append(f"{s.pid}\n")
    for name, value in _environment(s, files.workers):
        text.append(f"{name:<8}", "dim").append(_line(value) + "\n")
    text.append("folder  ", "dim").append(_line(str(files.root)))
    if s.former_names:
        text.append("\nformer  ", "dim").append(_line(", ".join(s.former_names)))
    return text


def _environment(s: RunSummary, workers: tuple[WorkerRecord, ...]) -> Iterable[tuple[str, str]]:
    if s.created:
        yield "created", moment(s.created)
    if not workers:
        yield "on", f"{s.device or '?'}, {s.host or '?'} (versions were not recorded)"
        return
    last = workers[-1]
    threads = f"{last.threads} thread{'s' * (last.threads != 1)}"
    yield "on", f"{last.device}, {threads}, {last.dtype}"
    yield "host", f"{last.host}, {last.platform}"
    yield "uses", f"rnnlab {last.rnnlab}, Python {last.python}, torch {last.torch}"
    for worker in reversed(workers[-5:] if len(workers) > 1 else ()):
        where = f"{worker.host}, {worker.device}, torch {worker.torch}"
        yield "worker", f"{moment(worker.started)} from step {worker.step:,} on {where}"


def checkpoints_text(s: RunSummary, files: RunFiles, history: History) -> Text:
    """Return a line for each checkpoint on disk, the last one first."""
    if not files.checkpoints:
        return Text("no checkpoint yet", "dim")
    losses = {record.step: record.val_loss for record in history.evals}
    text = Text(f"{'step':>8} {'size':>9} {'val':>7}\n", "dim")
    for checkpoint in reversed(files.checkpoints):
        val_loss = losses.get(checkpoint.step)
        is_best = checkpoint.is_best and checkpoint.step == s.best_step
        shown = loss(s.best_val_loss if val_loss is None and is_best else val_loss)
        text.append(f"{checkpoint.step:>8,} {size(checkpoint.size_bytes):>9} {shown:>7}")
        text.append(" last" if checkpoint.is_last else "", "bold")
        text.append(" best" if checkpoint.is_best else "", "green")
        text.append("" if checkpoint.can_resume else " weights only", "dim").append("\n")
    return text


def events_text(s: RunSummary, history: History) -> Text:
    """Return a line for each event of the journal, the last one first."""
    text = Text()
    if s.state == "lost":  # the worker could not write this event
        text.append(f"{s.step:>8,}         ", "dim").append("lost: the worker died\n", "red")
    for event in reversed(history.events[-MOST_EVENTS:]):
        message = f": {_line(with_keys(event.message, s.name))}" if event.message else ""
        text.append(f"{event.step:>8,} {duration(event.time_s):>7} ", "dim")
        text.append(f"{_line(event.event)}{message}\n")
    if not text:
        return Text("no event yet" if history.is_read else MISSING, "dim")
    return Text(f"{'step':>8} {'time':>7}\n", "dim").append_text(text)


def log_text(files: RunFiles) -> Text:
    """Return the end of the worker's log as plain text."""
    return Text(visible(files.log.rstrip("\n"))) if files.log else Text("the log is empty", "dim")


def _line(text: str) -> str:
    return visible(text, newline=" ")
