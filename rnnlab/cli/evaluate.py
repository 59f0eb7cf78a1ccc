"""Measure a model on a held-out text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from rnnlab.cli._measure import measure
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, RunName
from rnnlab.cli._output import print_json, print_table
from rnnlab.corpora import Floor, Vocabulary
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise

if TYPE_CHECKING:
    from rnnlab.training import Evaluation


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
    step, found, floor = measure(opened, split, checkpoint, data, file)
    document: dict[str, Any] = {
        "run": run,
        "split": split,
        "step": step,
        "loss_nats": found.loss_nats,
        "bits_per_char": found.bits_per_char if found.confusion is None else None,
        "perplexity": found.perplexity,
        "accuracy": found.accuracy,
        "num_tokens": found.num_tokens,
        **_distance(found, floor),
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
        _say_distance(found, floor, "document")
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
        _say_distance(found, floor, unit)


def _distance(found: Evaluation, floor: Floor | None) -> dict[str, float | None]:
    """Return how far a measurement is from what the best model reaches, where that is known."""
    if floor is None:
        return {}
    return {
        "floor_nats": floor.loss_nats,
        "above_floor_nats": found.loss_nats - floor.loss_nats,
        "floor_accuracy": floor.accuracy,
        "remembered": floor.remembered(found.loss_nats),
    }


def _say_distance(found: Evaluation, floor: Floor | None, unit: str) -> None:
    if floor is None:
        return
    line = f"floor {floor.loss_nats:.4f} nats a {unit}: {found.loss_nats - floor.loss_nats:+.4f}"
    if floor.accuracy is not None:
        distance = found.accuracy - floor.accuracy
        line += f"; at most {floor.accuracy:.2%} can be right: {distance:+.2%}"
    remembered = floor.remembered(found.loss_nats)
    if remembered is not None:
        line += f"; {remembered:.1%} of what memory can win"
    typer.echo(line)
