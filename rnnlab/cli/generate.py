"""Continue a text with a trained model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Optional

import typer

from rnnlab.cli._continuations import DEFAULT_DECODERS, generate, print_side_by_side
from rnnlab.cli._options import Checkpoint, Checkpoints, Decoders, Json, RunName, Seed
from rnnlab.cli._output import print_json
from rnnlab.decoding import parse_spec
from rnnlab.runs.prompts import DEFAULT_LENGTH
from rnnlab.runs.store import RunStore


def command(
    run: RunName,
    prompt: Annotated[str, typer.Option(help="Text to continue; may be empty.")],
    decoder: Decoders = None,
    length: Annotated[int, typer.Option(min=1, help="Letters to write at most.")] = DEFAULT_LENGTH,
    num: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Samples or best candidates of each decoder."),
    ] = None,
    seed: Seed = 1,
    checkpoint: Checkpoint = "last",
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Continue a text with one or several decoders, side by side."""
    specs = [parse_spec(text) for text in decoder or DEFAULT_DECODERS]
    opened = RunStore.default(checkpoints).open(run)
    answers = generate(opened, prompt, specs, length, num, seed, checkpoint)
    if json:
        print_json([asdict(answer) for answer in answers])
    else:
        print_side_by_side(answers)
