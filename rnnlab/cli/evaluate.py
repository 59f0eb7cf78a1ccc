"""Measure a model on a held-out text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, RunName
from rnnlab.cli._output import print_json
from rnnlab.errors import BadInputError
from rnnlab.runs.store import RunStore


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
    from rnnlab.corpora import prepare
    from rnnlab.models import load_model, parse_checkpoint
    from rnnlab.training import check_corpus, evaluate

    loaded = load_model(opened.paths, parse_checkpoint(checkpoint))
    config = loaded.config
    if file is not None:
        config = config.model_copy(update={"corpus": str(file), "limit_chars": None})
    dataset = prepare(config, data, loaded.vocabulary)
    if file is None:
        check_corpus(opened.paths, dataset.fingerprint)
    if split not in dataset.splits:
        raise BadInputError(
            f"{run!r} has no {split} split", "it was trained without --test-fraction"
        )
    found = evaluate(loaded.model, dataset.splits[split])
    document = {
        "run": run,
        "split": split,
        "step": loaded.step,
        "loss_nats": found.loss_nats,
        "bits_per_char": found.bits_per_char,
        "perplexity": found.perplexity,
        "accuracy": found.accuracy,
        "num_tokens": found.num_tokens,
    }
    if json:
        print_json(document)
        return
    typer.echo(
        f"{run} at step {loaded.step} on {split}: {found.loss_nats:.4f} nats "
        f"({found.bits_per_char:.4f} bits) a letter, perplexity {found.perplexity:.3f}, "
        f"{found.accuracy:.1%} right of {found.num_tokens:,}"
    )
