"""Continuations of a prompt: computed in this process, printed side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rnnlab.cli._output import console
from rnnlab.decoding import Spec
from rnnlab.display import compact_lines, visible
from rnnlab.runs.prompts import Answer
from rnnlab.runs.store import Run

if TYPE_CHECKING:
    from rich.text import Text

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")

_MIN_COLUMN = 28


def generate(
    run: Run,
    prompt: str,
    specs: Sequence[Spec],
    length: int,
    num: int | None,
    seed: int,
    checkpoint: str = "last",
) -> list[Answer]:
    """Return the answers of all decoders to one prompt."""
    from rnnlab.models import continue_text, load_model, parse_checkpoint

    loaded = load_model(run.paths, parse_checkpoint(checkpoint))
    answers: list[Answer] = []
    for spec in specs:
        steps = continue_text(loaded, prompt, spec, length, num, seed)
        answers += deque(steps, maxlen=1).pop().answers()
    return answers


def print_side_by_side(answers: Sequence[Answer]) -> None:
    """Print answers in as many columns as fit, each under its decoder, rank and log-prob."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    most = max(1, out.width // _MIN_COLUMN)
    rows = list(_rows(answers, most))
    width = out.width // min(most, max(map(len, rows))) - 2
    for number, row in enumerate(rows):
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
        for _ in row:
            table.add_column(width=width, overflow="fold")
        table.add_row(*(Text(_title(answer), "bold") for answer in row))
        table.add_row(*(Text(" → ".join(answer.chain), "dim") for answer in row))
        table.add_row(*(Text(_figures(answer), "dim") for answer in row))
        table.add_row(*(_body(answer) for answer in row))
        out.print(table)
        if number + 1 < len(rows):
            out.print()


def _rows(answers: Sequence[Answer], most: int) -> Iterator[list[Answer]]:
    """Share answers out among rows; those of one decoder stay together where they can."""
    row: list[Answer] = []
    for _, group in groupby(answers, key=lambda answer: answer.decoder):
        together = list(group)
        if row and len(row) + len(together) > most:
            yield row
            row = []
        row += together
        while len(row) > most:
            yield row[:most]
            row = row[most:]
    if row:
        yield row


def _title(answer: Answer) -> str:
    return f"{answer.decoder} #{answer.rank}"


def _figures(answer: Answer) -> str:
    mean = answer.logprob / max(1, len(answer.tokens))
    end = ", ended" if answer.finished else ""
    is_ranked_otherwise = abs(answer.score - answer.logprob) > 0.005
    score = f", score {answer.score:.2f}" if is_ranked_otherwise else ""
    return f"{answer.logprob:.2f} nats, {mean:.2f} a token{score}{end}"


def _body(answer: Answer) -> Text:
    from rich.text import Text

    prompt = answer.text[: len(answer.text) - len(answer.continuation)]
    return Text.assemble(
        (compact_lines(visible(prompt)), "dim"), compact_lines(visible(answer.continuation))
    )
