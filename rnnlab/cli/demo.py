"""Run a demonstration: train on the shipped corpus, plot, prompt."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from rnnlab.base.display import duration
from rnnlab.cli._charts import DEFAULT_PLOTS, print_charts, runs_to_plot
from rnnlab.cli._follow import follow
from rnnlab.cli._output import talk
from rnnlab.cli._side_by_side import print_side_by_side
from rnnlab.cli.runs import command as list_runs
from rnnlab.runs.history import read_history
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise

PROMPT = "The mayor "
DECODERS = ("greedy", "sample:temperature=0.8", "nucleus:p=0.9", "beam:k=3")


def command(
    minutes: Annotated[float, typer.Option(min=0.01, help="Minutes to train.")] = 0.25,
) -> int:
    """Run a demonstration: train on the shipped corpus, plot, prompt."""
    from rnnlab.cli._continuations import GenerateOptions, generate
    from rnnlab.decoding import parse_spec
    from rnnlab.submit import checked_config, start_run

    with tempfile.TemporaryDirectory(prefix="rnnlab-demo-") as folder:
        store = RunStore.default(Path(folder))
        typer.echo(
            f"1. A worker trains an LSTM on the shipped corpus for {duration(60 * minutes)}."
        )
        config = checked_config(
            {"corpus": "stump", "cell": "lstm", "hidden": 96, "batch": 32, "lr": 0.005,
             "minutes": minutes, "log_every": 5, "eval_every": 50}
        )  # fmt: skip
        run = start_run(config, store, "demo")
        code = follow(run, is_new=True, json=False)
        if code:
            return code
        typer.echo("\n2. The curves of this run, from its journal.")
        history = read_history(run.paths.journal)
        print_charts(runs_to_plot([summarise(run)], [history]), DEFAULT_PLOTS, height=12)
        typer.echo(f"\n3. The same prompt, {PROMPT!r}, with several decoders and one seed.")
        options = GenerateOptions([PROMPT], [parse_spec(text) for text in DECODERS], length=80)
        print_side_by_side(next(generate(run, options)))
        starter = store.open("starter")
        typer.echo("\n4. The shipped model, trained longer, with the same decoders.")
        print_side_by_side(next(generate(starter, options)))
        typer.echo("\n5. All runs of the demonstration.")
        list_runs(Path(folder))
    talk("\nThe demonstration's run is deleted. In a terminal, `rnnlab` opens the lab.")
    return 0
