"""Print the log-prob of every token of a text."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.base.display import figure, visible
from rnnlab.cli._dynamic import (
    Dynamic,
    DynamicDecay,
    DynamicLr,
    DynamicOptions,
    DynamicWindow,
    Prepared,
    prepare_learner,
)
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, RunName
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._weights import weights_of
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.store import RunStore


def command(
    run: RunName,
    text: Annotated[str, typer.Option(help="Text to score.")],
    checkpoint: Checkpoint = "last",
    dynamic: Dynamic = False,
    dynamic_lr: DynamicLr = None,
    dynamic_decay: DynamicDecay = None,
    dynamic_window: DynamicWindow = None,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Print the log-prob of every token of a text.

    With --dynamic, the model learns from each piece of the text after it has predicted the piece.
    """
    opened = RunStore.default(checkpoints).open(run)
    options = DynamicOptions(dynamic, dynamic_lr, dynamic_decay, dynamic_window)
    prepared: Prepared | None = None
    with progress_bar("loading the model") as bar:
        from rnnlab.inference import encode_text, load_model, score_text

        loaded = load_model(opened.paths, resolve_checkpoint(opened.paths, checkpoint))
        if options.is_on:
            from rnnlab.dynamic import score_dynamic

            encode_text(loaded.vocabulary, text)  # refuse it before the search
            prepared = prepare_learner(opened, options, data, bar, loaded)
            bar.begin("scoring")
            score = score_dynamic(loaded, prepared.learner, text, prepared.settings, bar)
        else:
            bar.begin("scoring")
            score = score_text(loaded, text, bar)
    if json:
        print_json(
            {
                **score._asdict(),
                "loss_nats": score.loss_nats,
                "bits_per_char": score.bits_per_char,
                "dynamic": None if prepared is None else prepared.document(),
            }
        )
        return
    talk(weights_of(opened, loaded.step))
    if prepared is not None:
        talk(f"learning from the text: {prepared.text()}")
    rows = [
        [visible(token, newline="⏎"), f"{logprob:.4f}"]
        for token, logprob in zip(score.tokens, score.token_logprobs, strict=True)
    ]
    if score.eos_logprob is not None:
        rows.append(["<eos>", f"{score.eos_logprob:.4f}"])
    print_table(["token", "logprob"], rows, ("logprob",))
    typer.echo(
        f"logprob {figure(score.logprob, 4)}, {figure(score.loss_nats, 4)} nats "
        f"per {loaded.vocabulary.noun}, {figure(score.bits_per_char, 4)} bits per character"
    )
