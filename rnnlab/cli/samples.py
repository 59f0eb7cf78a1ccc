"""Read what a run wrote to its tracked prompts while it trained."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from rnnlab.base.display import loss, visible
from rnnlab.base.errors import BadInputError
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import console, print_json
from rnnlab.runs.history import History, read_history
from rnnlab.runs.samples import Round, losses_at, place_at, read_rounds
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rich.text import Text

    from rnnlab.runs.records import SampleRecord


def command(
    run: RunName,
    at: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Step: only what it wrote last by then, in full."),
    ] = None,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Show what a run made of its tracked prompts, step by step."""
    opened = RunStore.default(checkpoints).open(run)
    rounds, history = read_rounds(opened.paths), read_history(opened.paths.journal)
    if at is not None and rounds:
        rounds = [rounds[place_at(rounds, at)]]
    if json:
        print_json([_document(found, history) for found in rounds])
        return
    if not rounds:
        raise BadInputError(
            f"{run!r} has no samples",
            "language models write them where sample_length is above 0; `rnnlab generate` asks now",
        )
    for found in rounds:
        _print(found, history, is_whole=at is not None)


def _document(found: Round, history: History) -> dict[str, Any]:
    train_loss, val_loss = losses_at(history, found.step)
    return {
        "step": found.step,
        "epoch": found.epoch,
        "time_s": found.time_s,
        "train_loss": train_loss,
        "val_loss": val_loss,
        "samples": [
            {name: value for name, value in asdict(sample).items() if name not in _SHARED}
            for sample in found.samples
        ],
    }


_SHARED = frozenset({"step", "epoch", "time_s"})


def _print(found: Round, history: History, *, is_whole: bool) -> None:
    """Print a round; a line each unless they are wanted whole."""
    from rich.text import Text

    out = console()
    train_loss, val_loss = losses_at(history, found.step)
    head = f"step {found.step:,}, epoch {found.epoch:.2f}"
    out.print(Text(f"{head}, train {loss(train_loss)}, val {loss(val_loss)}", "bold"))
    for sample in found.samples:
        line = _line(sample, newline="\n" if is_whole else "⏎")
        if not is_whole:
            line.truncate(out.width, overflow="ellipsis")
        out.print(line)


def _line(sample: SampleRecord, newline: str) -> Text:
    from rich.text import Text

    decoder = visible(sample.decoder, newline="⏎")
    decoder += "" if sample.prompt else " (no prompt)"
    return Text.assemble(
        (f"{decoder}{newline if newline != '⏎' else '  '}", "dim"),
        (visible(sample.prompt, newline=newline), "dim"),
        visible(sample.text, newline=newline),
    )
