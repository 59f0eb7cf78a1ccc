"""Show the curves of runs during training."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Annotated

import typer

from rnnlab.base.display import count, duration, loss
from rnnlab.base.errors import one_line
from rnnlab.cli._alerts import alert
from rnnlab.cli._charts import DEFAULT_PLOTS, parse_plots, print_charts, runs_to_plot
from rnnlab.cli._options import Checkpoints, RunNames
from rnnlab.plots import Axis
from rnnlab.runs.alerts import alert_of
from rnnlab.runs.history import MOST_RECORDS, History
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise

_POLL_S = 1.0


def command(
    runs: RunNames,
    once: Annotated[bool, typer.Option("--once", help="Print once and exit.")] = False,
    is_ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII only.")] = False,
    axis: Annotated[Axis, typer.Option(help="Unit of the x axis.")] = "step",
    charts: Annotated[
        str, typer.Option(help="Charts, separated by commas, such as loss,perplexity,accuracy.")
    ] = ",".join(DEFAULT_PLOTS),
    is_apart: Annotated[
        bool, typer.Option("--apart", help="Draw seeds apart, not as mean and band.")
    ] = False,
    checkpoints: Checkpoints = None,
) -> None:
    """Show the curves of runs during training.

    Ctrl-c exits; training continues. The letters of the curves follow the order of the names.
    """
    store = RunStore.default(checkpoints)
    plots = parse_plots(charts)
    opened = [store.open(name) for name in dict.fromkeys(runs)]
    tails = [JournalTail(run.paths.journal) for run in opened]
    histories = [History(most=MOST_RECORDS) for _ in opened]
    families = [] if is_apart else [run.family() for run in opened]
    is_live = not once and sys.stdout.isatty()
    shown = None
    summaries: list[RunSummary] = []
    while True:
        for history, tail in zip(histories, tails, strict=True):
            for chunk in tail.news(MOST_RECORDS):
                history.add(chunk)
        before, summaries = summaries, [summarise(run) for run in opened]
        for old, new in zip(before, summaries, strict=False):  # none before the first reading
            alert(alert_of(old, new))
        states = [(s.state_text, s.stage, s.step, s.alarm) for s in summaries]
        state = (shutil.get_terminal_size(), states)
        if state != shown:
            shown = state
            # Move the cursor home, then clear: this avoids flicker in most terminals.
            typer.echo("\x1b[H\x1b[2J" if is_live else "", nl=False)
            typer.echo("\n".join(map(_line, summaries)))
            height = _chart_height(len(summaries), len(plots)) if is_live else 16
            print_charts(
                runs_to_plot(summaries, histories, families), plots,
                is_ascii=is_ascii, axis=axis, height=height,
            )  # fmt: skip
        if not is_live or not any(s.is_active for s in summaries):
            return
        time.sleep(_POLL_S)


def _chart_height(num_lines: int, num_charts: int) -> int:
    return max(5, (shutil.get_terminal_size((100, 40)).lines - num_lines - 1) // num_charts)


def _line(s: RunSummary) -> str:
    total = f"/{s.total_steps:,}" if s.total_steps else ""
    left = f", {duration(s.eta_s)} left" if s.eta_s is not None else ""
    stage = f" ({s.stage})" if s.stage else ""
    reason = "".join(f"; {one_line(problem)}" for problem in (s.alarm, s.reason) if problem)
    return (
        f"{s.name} {s.state_text}{stage} at step {s.step:,}{total}, train {loss(s.train_loss)}, "
        f"val {loss(s.val_loss)}, {count(s.tokens_per_s)} tokens/s{left}{reason}"
    )
