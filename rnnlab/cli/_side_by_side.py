"""Continuations in columns side by side, and the tree of a search, for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from rnnlab.base.display import compact_lines, visible
from rnnlab.cli._output import console, talk
from rnnlab.protocol.messages import END_MARK, END_WORDS, EOS, Answer

if TYPE_CHECKING:
    from rich.text import Text

    from rnnlab.decoding import Branch

_MIN_COLUMN = 24


def print_answers(answers: Sequence[Answer]) -> None:
    """Print answers side by side; if standard output is not a terminal, as plain text."""
    if sys.stdout.isatty():
        print_side_by_side(answers)
    else:
        print_plain(answers)


def print_plain(answers: Sequence[Answer]) -> None:
    """Print the text of each answer, for a file or another program.

    Several answers have a line with decoder, rank and figures each, and an empty line in between.
    The line of a single answer goes to standard error, if the answer has a note or ended early.
    """
    if not answers:
        talk("no text: the filters left no token")
    for number, answer in enumerate(answers):
        note = f" ({answer.note})" if answer.note else ""
        head = visible(f"{answer.decoder} #{answer.rank}: {_figures(answer)}{note}", newline="⏎")
        if len(answers) > 1:
            typer.echo("\n" * (number > 0) + head)
        elif note or _early_end(answer):
            talk(head)
        typer.echo(visible(answer.text))


def print_side_by_side(answers: Sequence[Answer]) -> None:
    """Print answers in as many columns as fit, each below its decoder, rank and log-prob."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    most = max(1, out.width // _MIN_COLUMN)
    rows = list(_rows(answers, most))
    if not rows:
        out.print("no text: the filters left no token", style="italic")
        return
    width = out.width // min(most, max(map(len, rows))) - 2
    for number, row in enumerate(rows):
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
        for _ in row:
            table.add_column(width=width, overflow="fold")
        table.add_row(
            *(Text(visible(f"{answer.decoder} #{answer.rank}"), "bold") for answer in row)
        )
        table.add_row(*(Text(visible(" → ".join(answer.chain)), "dim") for answer in row))
        table.add_row(*(Text(_figures(answer), "dim") for answer in row))
        if any(answer.note for answer in row):
            table.add_row(*(Text(visible(answer.note), "italic") for answer in row))
        table.add_row(*(_body(answer) for answer in row))
        out.print(table)
        if number + 1 < len(rows):
            out.print()


def print_tree(title: str, root: Branch) -> None:
    """Print the tree of a search, with pruned branches dimmed.

    At any depth, at least half of the width is left for the text.
    """
    from rich.text import Text

    out = console()
    label = Text.assemble((visible(title, newline="⏎"), "bold"), " ", *_label(root))
    stack = [(label, root, "", "")]
    while stack:
        label, branch, guide, under = stack.pop()
        room = max(1, out.width - min(len(guide), out.width // 2))
        for line in label.wrap(out, room, overflow="fold"):
            out.print(Text.assemble((_nearest(guide, out.width - room), "dim"), line))
            guide = under + ("│   " if branch.branches else "")
        for number, child in enumerate(reversed(branch.branches)):
            first, rest = ("├── ", "│   ") if number else ("└── ", "    ")
            stack.append((Text.assemble(*_label(child)), child, under + first, under + rest))


def _nearest(guide: str, width: int) -> str:
    """Return the guide lines in front of a branch, truncated on the left to `width` columns."""
    return guide if len(guide) <= width else "…" + guide[len(guide) - width + 1 :]


def _label(branch: Branch) -> list[str | tuple[str, str]]:
    written = "".join(END_MARK if token == EOS else token for token in branch.tokens)
    text = visible(written, newline="⏎")
    figure = f"  {branch.logprob:.2f}" if branch.tokens else ""
    fate = f" {branch.fate}" if branch.fate else ""
    if not branch.is_alive:
        return [(f"{text}{figure} ✗ {branch.fate}", "dim")]
    return [text, (f"{figure}{fate}", "dim")]


def _rows(answers: Sequence[Answer], most: int) -> Iterator[list[Answer]]:
    """Yield rows of answers; the answers of one decoder share a row if they fit."""
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


def _early_end(answer: Answer) -> str:
    """Return words for the end of an answer; "" if it reached its maximum length."""
    return "" if answer.end in (None, "length") else END_WORDS.get(answer.end, "")


def _figures(answer: Answer) -> str:
    mean = answer.logprob / max(1, len(answer.tokens))
    early_end = _early_end(answer)
    end = f", {early_end}" if early_end else ""
    is_ranked_otherwise = abs(answer.score - answer.logprob) > 0.005
    score = f", ranking score {answer.score:.2f}" if is_ranked_otherwise else ""
    return f"{answer.logprob:.2f} nats, {mean:.2f} per token{score}{end}"


def _body(answer: Answer) -> Text:
    """Return the text; reverse video marks where it departs from the best answer."""
    from rich.text import Text

    prompt = answer.text[: len(answer.text) - len(answer.continuation)]
    written = [token for token in answer.tokens if token != EOS]
    same = answer.continuation
    if answer.parts_at is not None and "".join(written) == answer.continuation:
        same = "".join(written[: answer.parts_at])
    other = answer.continuation[len(same) :]
    return Text.assemble(
        (compact_lines(visible(prompt)), "dim"),
        compact_lines(visible(same)),
        (compact_lines(visible(other[:1])), "reverse"),
        compact_lines(visible(other[1:])),
    )
