"""Compare runs by figures, curves and what they write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from rnnlab.cli._charts import print_charts
from rnnlab.cli._continuations import Wish, generate
from rnnlab.cli._options import Checkpoints, Decoders, Json, RunNames, Seed
from rnnlab.cli._output import print_json, print_table
from rnnlab.cli._side_by_side import print_side_by_side
from rnnlab.decoding import parse_spec
from rnnlab.display import count, duration, loss, percent
from rnnlab.runs.history import read_history
from rnnlab.runs.prompts import DEFAULT_LENGTH, Answer
from rnnlab.runs.store import Run, RunStore
from rnnlab.runs.summary import RunSummary, summarise


def command(
    runs: RunNames,
    prompt: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Text that each of them continues."),
    ] = None,
    decoder: Decoders = None,
    length: Annotated[int, typer.Option(min=1, help="Letters to write at most.")] = DEFAULT_LENGTH,
    seed: Seed = 1,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Set runs side by side: settings that differ, figures, curves, continuations."""
    store = RunStore.default(checkpoints)
    opened = [store.open(name) for name in dict.fromkeys(runs)]
    specs = [parse_spec(text) for text in decoder or ("greedy", "beam:k=5")]
    written: dict[str, list[Answer]] = {run.name: [] for run in opened}
    if prompt is not None:
        wish = Wish([prompt], specs, length, 1, seed)
        written = {run.name: next(generate(run, wish)) for run in opened}
    if json:
        print_json([_document(run, written[run.name]) for run in opened])
        return
    differing = _differing(opened)
    summaries = [summarise(run) for run in opened]
    print_table(["", *(run.name for run in opened)], _rows(opened, summaries, differing), ())
    print_charts(summaries, [read_history(run.paths.journal) for run in opened])
    for run in opened:
        if written[run.name]:
            typer.echo(f"\n{run.name}")
            print_side_by_side(written[run.name])


def _document(run: Run, answers: list[Any]) -> dict[str, Any]:
    history = read_history(run.paths.journal)
    return {
        **asdict(summarise(run)),
        "settings": run.settings(),
        "train": [[r.step, r.train_loss] for r in history.train],
        "eval": [[r.step, r.val_loss] for r in history.evals],
        "generations": [asdict(answer) for answer in answers],
    }


def _differing(runs: list[Run]) -> list[str]:
    """Return the settings in which the runs differ."""
    settings = [run.settings() for run in runs]
    names = dict.fromkeys(name for one in settings for name in one)
    return [name for name in names if len({repr(one.get(name)) for one in settings}) > 1]


def _rows(runs: list[Run], summaries: list[RunSummary], differing: list[str]) -> list[list[str]]:
    """Return a row for every setting in which the runs differ and for every figure."""
    settings = [run.settings() for run in runs]
    rows = [[name, *(_value(one, name) for one in settings)] for name in differing]
    figures: list[tuple[str, Callable[[RunSummary], str]]] = [
        ("step", lambda s: f"{s.step:,}"),
        ("train loss", lambda s: loss(s.train_loss)),
        ("val loss", lambda s: loss(s.val_loss)),
        ("best val loss", lambda s: loss(s.best_val_loss)),
        ("val accuracy", lambda s: percent(s.val_accuracy)),
        ("tokens a second", lambda s: count(s.tokens_per_s)),
        ("parameters", lambda s: count(s.parameters)),
        ("time", lambda s: duration(s.elapsed_s)),
    ]
    return rows + [[name, *(figure(s) for s in summaries)] for name, figure in figures]


def _value(settings: dict[str, Any], name: str) -> str:
    value = str(settings.get(name, ""))
    return Path(value).stem if name == "corpus" else value
