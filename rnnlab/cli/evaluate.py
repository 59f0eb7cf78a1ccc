"""Evaluate a model on a split of its corpus or of another text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from rnnlab.base.display import nats_per
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
        Literal["train", "val", "test"], typer.Option(help="Split of the run's corpus.")
    ] = "val",
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Evaluate on another text, divided into the same splits."),
    ] = None,
    checkpoint: Checkpoint = "last",
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Measure loss, perplexity and accuracy of a run's model.

    The figures depend neither on the batch size nor on the window.
    """
    opened = RunStore.default(checkpoints).open(run)
    step, evaluation, floor = measure(opened, split, checkpoint, data, file)
    document: dict[str, Any] = {
        "run": run,
        "split": split,
        "step": step,
        "loss_nats": evaluation.loss_nats,
        "bits_per_char": evaluation.bits_per_char if evaluation.confusion is None else None,
        "perplexity": evaluation.perplexity,
        "accuracy": evaluation.accuracy,
        "num_tokens": evaluation.num_tokens,
        **_distance(evaluation, floor),
    }
    if evaluation.confusion is not None:
        classes = Vocabulary.load(opened.paths.vocabulary).classes
        document |= {"f1": evaluation.f1, "classes": classes, "confusion": evaluation.confusion}
    if json:
        print_json(document)
    elif evaluation.confusion is not None:
        typer.echo(
            f"{run} at step {step} on {split}: accuracy {evaluation.accuracy:.2%} on "
            f"{evaluation.num_tokens:,} documents, F1 {evaluation.f1:.4f}, "
            f"{evaluation.loss_nats:.4f} nats/document"
        )
        _print_distance(evaluation, floor, "document")
        rows = [
            [name, *(f"{count:,}" for count in row)]
            for name, row in zip(classes, evaluation.confusion, strict=True)
        ]
        print_table(["actual \\ predicted", *classes], rows, classes)
    else:
        unit = summarise(opened).unit
        typer.echo(
            f"{run} at step {step} on {split}: {evaluation.loss_nats:.4f} {nats_per(unit)}, "
            f"{evaluation.bits_per_char:.4f} bits/char, perplexity {evaluation.perplexity:.3f}, "
            f"accuracy {evaluation.accuracy:.1%} on {evaluation.num_tokens:,} tokens"
        )
        _print_distance(evaluation, floor, unit)


def _distance(evaluation: Evaluation, floor: Floor | None) -> dict[str, float | None]:
    """Return the floor of the corpus and the measurement's distance from it; empty if unknown."""
    if floor is None:
        return {}
    return {
        "floor_nats": floor.loss_nats,
        "above_floor_nats": evaluation.loss_nats - floor.loss_nats,
        "floor_accuracy": floor.accuracy,
        "remembered": floor.remembered(evaluation.loss_nats),
    }


def _print_distance(evaluation: Evaluation, floor: Floor | None, unit: str) -> None:
    if floor is None:
        return
    excess = evaluation.loss_nats - floor.loss_nats
    line = f"floor {floor.loss_nats:.4f} {nats_per(unit)}, distance {excess:+.4f}"
    if floor.accuracy is not None:
        distance = evaluation.accuracy - floor.accuracy
        line += f"; highest accuracy {floor.accuracy:.2%}, distance {distance:+.2%}"
    remembered = floor.remembered(evaluation.loss_nats)
    if remembered is not None:
        line += f"; {remembered:.1%} of the possible gain from memory"
    typer.echo(line)
