"""Compare runs: metrics, settings, curves, continuations."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, Optional

import typer

from rnnlab.base.json_types import StreamedList
from rnnlab.cli._charts import print_charts, runs_to_plot
from rnnlab.cli._options import Checkpoints, Json, RunNames
from rnnlab.cli._output import print_json, print_wide_table
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._prompt_options import Decoders, Seed
from rnnlab.cli._side_by_side import print_side_by_side
from rnnlab.protocol.messages import DEFAULT_DECODERS, DEFAULT_LENGTH, Answer
from rnnlab.runs.compare import rows_of
from rnnlab.runs.history import read_history
from rnnlab.runs.record_stream import stream_records
from rnnlab.runs.records import EvalRecord, TrainRecord
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise


def command(
    runs: RunNames,
    prompt: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Prompt that every run continues."),
    ] = None,
    decoder: Decoders = None,
    length: Annotated[
        int, typer.Option(min=1, help="Maximum number of tokens to write.")
    ] = DEFAULT_LENGTH,
    seed: Seed = 1,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Compare runs: metrics, settings, curves, continuations.

    The letters of the curves follow the order of the names in the command, not the lab's letters.
    """
    from rnnlab.cli._continuations import GenerateOptions, generate
    from rnnlab.decoding import parse_spec
    from rnnlab.settings.values import default_settings

    store = RunStore.default(checkpoints)
    opened = [store.open(name) for name in dict.fromkeys(runs)]
    specs = [parse_spec(text) for text in decoder or DEFAULT_DECODERS]
    answers: dict[str, list[Answer]] = {run.name: [] for run in opened}
    weights: dict[str, str] = {}
    if prompt is not None:
        options = GenerateOptions([prompt], specs, length, 1, seed)
        with progress_bar("prompting") as bar:
            for number, run in enumerate(opened, 1):
                names: list[str] = []
                answers[run.name] = next(generate(run, options, tell=names.append))
                weights[run.name] = names[0]
                bar(number, len(opened))
    documents, histories = [], []
    with progress_bar("reading the journals") as bar:
        for number, run in enumerate(opened, 1):
            if json:
                documents.append(_document(run, answers[run.name]))
            else:
                histories.append(read_history(run.paths.journal))
            bar(number, len(opened))
    if json:
        print_json(documents)
        return
    summaries = [summarise(run) for run in opened]
    rows = [[row.name, *row.values] for row in rows_of(opened, summaries, default_settings())]
    print_wide_table(["", *(run.name for run in opened)], rows, ())
    print_charts(runs_to_plot(summaries, histories, [run.family() for run in opened]))
    for run in opened:
        if answers[run.name]:
            typer.echo(f"\n{weights[run.name]}")
            print_side_by_side(answers[run.name])


def _document(run: Run, answers: list[Any]) -> dict[str, Any]:
    journal = run.paths.journal
    return {
        **asdict(summarise(run)),
        "settings": run.settings(),
        "train": _pairs((r.step, r.train_loss) for r in stream_records(journal, TrainRecord)),
        "eval": _pairs((r.step, r.val_loss) for r in stream_records(journal, EvalRecord)),
        "generations": [asdict(answer) for answer in answers],
    }


def _pairs(pairs: Iterable[tuple[int, float | None]]) -> StreamedList:
    """Return pairs of step and loss, which take 16 bytes each until they are printed."""
    steps, losses = array("q"), array("d")
    for step, loss in pairs:
        steps.append(step)
        losses.append(math.nan if loss is None else loss)  # printed as null
    return StreamedList(zip(steps, losses, strict=True))
