"""Follow a run until it ends: progress on standard error, the result on standard output."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rnnlab.base.display import count, duration, loss, nats_per, percent, visible
from rnnlab.base.errors import (
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    RnnlabError,
    Terminated,
    one_line,
)
from rnnlab.cli._alerts import alert
from rnnlab.cli._output import console, print_json, talk
from rnnlab.runs import control
from rnnlab.runs.alerts import alert_of
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.records import ACTIVE_STATES, EventRecord
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_POLL_S = 0.25
_BAR_WIDTH = 24
_AROUND_NAME = 1 + _BAR_WIDTH + 3
"""Columns of the spinner and the bar, and of the blanks between them, the name and the figures."""
_LEFT_OUT = ("grad", "epoch", "speed", "val")
"""Figures that a narrow terminal does not show, the first one first."""


def end_of_journal(run: Run) -> JournalTail:
    """Return a reader of the records that a run writes from now on."""
    tail = JournalTail(run.paths.journal)
    for _ in tail.chunks():
        pass
    return tail


def follow(run: Run, *, is_new: bool, json: bool, seen: JournalTail | None = None) -> int:
    """Show a run's progress until its worker ends; return the exit code.

    Ctrl-c and SIGTERM ask the worker to save and stop. is_new: whether this command created the
    run; a new run that fails because of invalid input is removed again. seen: reader of the
    journal, whose new events are printed; None: all events are new.
    """
    try:
        _show_progress(run, JournalTail(run.paths.journal) if seen is None else seen)
    except KeyboardInterrupt:
        return _stop(run, EXIT_INTERRUPTED)
    except Terminated:
        return _stop(run, EXIT_TERMINATED)
    status = run.status()
    if status.state in ("failed", "lost"):
        talk(f"rnnlab: {run.name} {status.state}: {one_line(status.reason)}")
        if is_new and status.is_bad_input and status.step == 0:
            RunStore(run.paths.root.parent).remove(run)
        return EXIT_BAD_INPUT if status.is_bad_input else EXIT_FAILED
    if json:
        print_json(result(run))
    else:
        s = summarise(run)
        talk(
            f"{s.name} {s.state}: {s.step:,} steps in {duration(s.elapsed_s)}, "
            f"train {loss(s.train_loss)}"
            + (f", val {loss(s.val_loss)}" if s.val_loss is not None else "")
            + f" {nats_per(s.unit)}"
            + (f", accuracy {percent(s.val_accuracy)}" if s.val_accuracy is not None else "")
        )
        verb = "classify" if s.task == "classify" else "generate"
        example = "--text TEXT" if verb == "classify" else "--prompt TEXT -d beam:k=5"
        talk(f"try: rnnlab {verb} {s.name} {example}")
    return 0


def result(run: Run) -> dict[str, Any]:
    """Return the document that `--json` prints for a run that has ended."""
    step = run.paths.read_pointer("last")
    summary = asdict(summarise(run))
    summary.pop("recent_losses")
    return {**summary, "checkpoint": None if step is None else str(run.paths.weights(step))}


def _show_progress(run: Run, tail: JournalTail) -> None:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    out = console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=_BAR_WIDTH),
        TextColumn("{task.fields[figures]}", markup=False),
        console=out,
        transient=True,
        disable=not out.is_terminal,
        redirect_stderr=False,  # an alert is control characters, which rich would remove
    )
    with progress:
        task = progress.add_task(run.name, total=1.0, figures="starting")
        before = summarise(run)
        while True:
            summary = summarise(run)
            alert(alert_of(before, summary))
            before = summary
            for record in (record for chunk in tail.chunks() for record in chunk.records):
                if isinstance(record, EventRecord) and record.message:
                    progress.console.print(f"step {record.step:,}: {visible(record.message)}")
            _update(progress, task, summary)
            if summary.state not in ACTIVE_STATES:
                return
            time.sleep(_POLL_S)


def _update(progress: Progress, task: TaskID, s: RunSummary) -> None:
    total = s.elapsed_s + s.eta_s if s.eta_s is not None else None
    done = s.elapsed_s / total if total else (1.0 if not s.is_active else 0.0)
    room = progress.console.width - len(s.name) - _AROUND_NAME
    progress.update(task, completed=done, figures=progress_of(s, room))


def progress_of(s: RunSummary, room: int = 100) -> str:
    """Return the text behind the bar: the figures; before the first step, the stage or state.

    room: number of columns; figures that do not fit are left out, the least important ones first.
    """
    if s.silent_s is not None:
        return s.state_text
    if s.queue_place:
        return f"queued, number {s.queue_place}"
    if s.step == 0 or s.state == "paused" or s.stage:
        return s.stage or s.state
    steps = f"{s.step:,}/{s.total_steps:,}" if s.total_steps else f"{s.step:,}"
    figures = {
        "step": f"step {steps}",
        "epoch": f"epoch {s.epoch:.2f}",
        "loss": f"loss {loss(s.train_loss)}",
        "val": f"val {loss(s.val_loss)}",
        "grad": f"grad {loss(s.grad_norm)[:5]}",
        "speed": f"{count(s.tokens_per_s)} tokens/s",
        "left": f"{duration(s.eta_s)} left",
    }
    for name in _LEFT_OUT:
        if len("  ".join(figures.values())) <= room:
            break
        del figures[name]
    return "  ".join(figures.values())


def _ask_to_stop(run: Run) -> None:
    try:
        control.stop(run)
    except RnnlabError as error:  # it does not respond, or has just ended
        talk(str(error))


def _stop(run: Run, exit_code: int) -> int:
    """Ask the worker to save and stop, and wait for it; a second signal ends the wait."""
    try:
        if run.is_alive():
            _ask_to_stop(run)
        hint = " (ctrl-c again: exit without waiting)" if exit_code == EXIT_INTERRUPTED else ""
        talk(f"stopping {run.name} after a checkpoint{hint}")
        while run.is_alive():
            time.sleep(_POLL_S)
    except (KeyboardInterrupt, Terminated):
        return exit_code
    talk(
        f"{run.name} stopped at step {run.status().step:,}; "
        f"`rnnlab resume {run.name}` continues the run"
    )
    return exit_code
