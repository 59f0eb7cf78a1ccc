"""Measure loss, perplexity and accuracy of a run's model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Optional

import typer

from rnnlab.base.display import figure, nats_per, visible
from rnnlab.cli._dynamic import (
    Dynamic,
    DynamicDecay,
    DynamicLr,
    DynamicOptions,
    DynamicWindow,
    MeasuredDynamic,
    measure_dynamic,
)
from rnnlab.cli._measure import measure
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, RunName
from rnnlab.cli._output import print_json, print_wide_table, say
from rnnlab.cli._weights import weights_of
from rnnlab.runs.record_stream import stream_records
from rnnlab.runs.records import EvalRecord
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise

if TYPE_CHECKING:
    from rnnlab.corpora import Floor
    from rnnlab.inference import Evaluation


def command(
    run: RunName,
    split: Annotated[
        Literal["train", "val", "test"], typer.Option(help="Split of the run's corpus.")
    ] = "val",
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Evaluate on another text, divided into the same splits."),
    ] = None,
    errors: Annotated[
        Optional[Literal["strict", "replace", "skip"]],  # noqa: UP045
        typer.Option(help="Treatment of invalid bytes in --file (default: the run's)."),
    ] = None,
    checkpoint: Checkpoint = "last",
    dynamic: Dynamic = False,
    dynamic_lr: DynamicLr = None,
    dynamic_decay: DynamicDecay = None,
    dynamic_window: DynamicWindow = None,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Measure loss, perplexity and accuracy of a run's model.

    The figures depend neither on the batch size nor on the window. With --dynamic, the model learns
    from each piece of the text after it has predicted the piece.
    """
    opened = RunStore.default(checkpoints).open(run)
    learning: MeasuredDynamic | None = None
    options = DynamicOptions(dynamic, dynamic_lr, dynamic_decay, dynamic_window)
    if options.is_on:
        learning = measure_dynamic(opened, split, checkpoint, options, data, file, errors)
        step, evaluation, floor = learning.step, learning.evaluation, learning.floor
    else:
        step, evaluation, floor = measure(opened, split, checkpoint, data, file, errors)
    is_other = file or split != "val" or learning is not None
    in_training = None if is_other else _val_in_training(opened, step, evaluation)
    document: dict[str, Any] = {
        "run": run,
        "split": split,
        "step": step,
        "loss_nats": evaluation.loss_nats,
        "bits_per_char": evaluation.bits_per_char if evaluation.confusion is None else None,
        "perplexity": evaluation.perplexity,
        "accuracy": evaluation.accuracy,
        "num_tokens": evaluation.num_tokens,
        "training_val": None if in_training is None else in_training._asdict(),
        **_distance(evaluation, floor),
        "dynamic": None if learning is None else learning.document(),
    }
    if evaluation.confusion is not None:
        from rnnlab.corpora import Vocabulary

        classes = Vocabulary.load(opened.paths.vocabulary).classes
        document |= {"f1": evaluation.f1, "classes": classes, "confusion": evaluation.confusion}
    if json:
        print_json(document)
        return
    weights = weights_of(opened, step)
    if evaluation.confusion is not None:
        _print_documents(f"{weights} on {_place(split, file)}", evaluation, floor, classes)
        return
    unit = summarise(opened).unit
    place = _place(split, file) + (", learning from it" if learning else "")
    _print_text(f"{weights} on {place}", evaluation, unit)
    if learning is not None:
        say(learning.gain(nats_per(unit)))
    if in_training is not None:
        say(
            f"val in training: {figure(in_training.loss_nats, 4)} {nats_per(unit)} "
            f"on the first {in_training.num_tokens:,} tokens of the split (--eval-tokens)"
        )
    _print_distance(evaluation, floor, unit)


def _print_text(head: str, evaluation: Evaluation, unit: str) -> None:
    """Print the figures of a language model."""
    say(
        f"{head}: {figure(evaluation.loss_nats, 4)} {nats_per(unit)}, "
        f"{figure(evaluation.bits_per_char, 4)} bits/char, "
        f"perplexity {figure(evaluation.perplexity, 3)}, "
        f"accuracy {evaluation.accuracy:.1%} on {evaluation.num_tokens:,} tokens"
    )


def _print_documents(
    head: str, evaluation: Evaluation, floor: Floor | None, classes: Sequence[str]
) -> None:
    """Print the figures of a classifier, and its confusion matrix."""
    say(
        f"{head}: accuracy {evaluation.accuracy:.2%} "
        f"on {evaluation.num_tokens:,} documents, F1 {evaluation.f1:.4f}, "
        f"{figure(evaluation.loss_nats, 4)} nats/document"
    )
    _print_distance(evaluation, floor, "document")
    rows = [
        [name, *(f"{count:,}" for count in row)]
        for name, row in zip(classes, evaluation.confusion or (), strict=True)
    ]
    print_wide_table(["actual \\ predicted", *classes], rows, classes)


class _TrainingVal(NamedTuple):
    """The validation loss that the run recorded, which the lab and `rnnlab runs` show as val."""

    loss_nats: float
    num_tokens: int
    """Number of tokens on which it was measured."""


def _val_in_training(run: Run, step: int, whole: Evaluation) -> _TrainingVal | None:
    """Return the run's validation at a step; None without any, or if it read the whole split."""
    num_tokens = run.settings({"eval_tokens"}).get("eval_tokens")
    if not isinstance(num_tokens, int) or whole.confusion is not None:
        return None
    if not 0 < num_tokens < whole.num_tokens:
        return None
    for record in stream_records(run.paths.journal, EvalRecord):
        if record.step == step and record.val_loss is not None:
            return _TrainingVal(record.val_loss, num_tokens)
    return None


def _place(split: str, file: Path | None) -> str:
    """Return the text that was evaluated: the whole split, also if training reads only a part."""
    whole = f"the whole {split} split"
    return whole if file is None else f"{whole} of {visible(str(file), newline=' ')}"


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
    sign = "+" if excess >= 0 else ""
    line = f"floor {figure(floor.loss_nats, 4)} {nats_per(unit)}"
    line += f", distance {sign}{figure(excess, 4)}"
    if floor.accuracy is not None:
        distance = evaluation.accuracy - floor.accuracy
        line += f"; highest accuracy {floor.accuracy:.2%}, distance {distance:+.2%}"
    remembered = floor.remembered(evaluation.loss_nats)
    if remembered is not None:
        line += f"; {remembered:.1%} of the possible gain from memory"
    say(line)
