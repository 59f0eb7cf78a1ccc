"""Measure a model on a held-out text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

from rnnlab.cli._measure import measure
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, RunName
from rnnlab.cli._output import print_json, print_table
from rnnlab.corpora import Vocabulary
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise


def command(
    run: RunName,
    split: Annotated[
        Literal["train", "val", "test"], typer.Option(help="Part of the run's corpus.")
    ] = "val",
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Measure on the same split of another text."),
    ] = None,
    checkpoint: Checkpoint = "last",
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Measure loss, perplexity and accuracy; the figure depends on neither batch nor window."""
    opened = RunStore.default(checkpoints).open(run)
    step, found = measure(opened, split, checkpoint, data, file)
    document: dict[str, Any] = {
        "run": run,
        "split": split,
        "step": step,
        "loss_nats": found.loss_nats,
        "bits_per_char": found.bits_per_char if found.confusion is None else None,
        "perplexity": found.perplexity,
        "accuracy": found.accuracy,
        "num_tokens": found.num_tokens,
    }
    if found.confusion is not None:
        classes = Vocabulary.load(opened.paths.vocabulary).classes
        document |= {"f1": found.f1, "classes": classes, "confusion": found.confusion}
    if json:
        print_json(document)
    elif found.confusion is not None:
        typer.echo(
            f"{run} at step {step} on {split}: {found.accuracy:.2%} right of "
            f"{found.num_tokens:,} documents, F1 {found.f1:.4f}, "
            f"{found.loss_nats:.4f} nats a document"
        )
        rows = [
            [name, *(f"{count:,}" for count in row)]
            for name, row in zip(classes, found.confusion, strict=True)
        ]
        print_table(["is \\ found", *classes], rows, classes)
    else:
        unit = summarise(opened).unit
        typer.echo(
            f"{run} at step {step} on {split}: {found.loss_nats:.4f} nats a {unit}, "
            f"{found.bits_per_char:.4f} bits a letter, perplexity {found.perplexity:.3f}, "
            f"{found.accuracy:.1%} right of {found.num_tokens:,}"
        )
