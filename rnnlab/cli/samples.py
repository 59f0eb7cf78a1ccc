"""Show the continuations of the tracked prompts during training."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from rnnlab.base.display import loss, visible
from rnnlab.base.errors import BadInputError
from rnnlab.base.json_types import StreamedList
from rnnlab.cli._completion import complete_sample_step
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import console, print_json
from rnnlab.runs.samples import Round, read_rounds, round_at, with_losses
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rich.text import Text

    from rnnlab.runs.records import SampleRecord


def command(
    run: RunName,
    at: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=0,
            help="Show only the latest samples up to this step, in full.",
            autocompletion=complete_sample_step,
        ),
    ] = None,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Show the continuations of the tracked prompts during training."""
    opened = RunStore.default(checkpoints).open(run)
    rounds = read_rounds(opened.paths)
    if at is not None:
        chosen = round_at(rounds, at)
        rounds = iter(() if chosen is None else (chosen,))
    figures = with_losses(rounds, opened.paths.journal)
    if json:
        print_json(StreamedList(_document(*figure) for figure in figures))
        return
    is_empty = True
    for samples, train_loss, val_loss in figures:
        is_empty = False
        _print(samples, train_loss, val_loss, is_whole=at is not None)
    if is_empty:
        raise BadInputError(
            f"{run!r} has no samples",
            "train with --sample-length above 0, or run `rnnlab generate`",
        )


def _document(samples: Round, train_loss: float | None, val_loss: float | None) -> dict[str, Any]:
    return {
        "step": samples.step,
        "epoch": samples.epoch,
        "time_s": samples.time_s,
        "train_loss": train_loss,
        "val_loss": val_loss,
        "samples": [
            {name: value for name, value in asdict(sample).items() if name not in _SHARED}
            for sample in samples.samples
        ],
    }


_SHARED = frozenset({"step", "epoch", "time_s"})


def _print(
    samples: Round, train_loss: float | None, val_loss: float | None, *, is_whole: bool
) -> None:
    """Print the samples of one step, truncated to one line each unless is_whole."""
    from rich.text import Text

    out = console()
    head = f"step {samples.step:,}, epoch {samples.epoch:.2f}"
    out.print(Text(f"{head}, train {loss(train_loss)}, val {loss(val_loss)}", "bold"))
    for sample in samples.samples:
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
