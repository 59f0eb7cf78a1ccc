"""A look into a corpus, for a plain terminal."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.cli._output import print_json
from rnnlab.cli._progress import reading_bar
from rnnlab.corpora import Bounds, CorpusProfile, Lengths, find_corpus, lasting_name, look_into

_SHOWN_CHARS_OF_DOCUMENT = 160
_SHOWN_CLASSES = 20
_SHOWN_RARE = 40
_LONGEST_BAR = 40


def show_corpus(name: str | None, data: Path | None, *, json: bool) -> None:
    """Print how a corpus begins, its figures, and how to train on it."""
    if name is None:
        raise BadInputError("which corpus?", "rnnlab corpora show NAME")
    file = find_corpus(name, data)
    with reading_bar("reading") as progress:
        look = look_into(file, progress)
    if json:
        print_json(look.to_json())
        return
    print_figures(look, lasting_name(name, data) if "/" not in name else name)
    typer.echo("")
    if look.examples:
        for label, text in look.examples:
            typer.echo(visible(f"{label}: {text[:_SHOWN_CHARS_OF_DOCUMENT]}", newline="⏎"))
    else:
        typer.echo(visible(look.begins))


def print_figures(look: CorpusProfile, name: str) -> None:
    """Print what a corpus is, what was measured, and the command that a run begins with."""
    for line in [*head_lines(look), *figure_lines(look)]:
        typer.echo(visible(line))
    typer.echo(visible(f"try: {shlex.join(look.suggestion.command(name))}"))


def head_lines(look: CorpusProfile) -> list[str]:
    """Return what a corpus is, in a line or a few."""
    figures = look.text or look.documents
    assert figures is not None
    letters = f"{figures.num_chars:,} letters, {figures.num_distinct:,} distinct"
    if look.described is None:
        return [str(look.file), letters]
    described = look.described
    classes = [f"{name} ({num:,})" for name, num in described.classes.items()][:_SHOWN_CLASSES]
    if len(described.classes) > _SHOWN_CLASSES:
        classes.append(f"{len(described.classes) - _SHOWN_CLASSES:,} more")
    splits = ", ".join(f"{name} {num:,}" for name, num in described.splits.items())
    return [
        str(look.file),
        f"{described.num_documents:,} documents, {described.median_words:,g} words in the median",
        letters,
        f"classes: {', '.join(classes)}",
        f"splits: {splits or 'none named'}",
    ]


def figure_lines(look: CorpusProfile) -> list[str]:
    """Return the figures of a corpus with a histogram of lengths."""
    figures = look.text or look.documents
    assert figures is not None
    if look.text is not None:
        lengths, unit, whole = look.text.sentences, "letters", "sentences"
        measured = look.text.measured_chars
        of_beginning = f" of the first {measured:,} letters" * (measured < look.text.num_chars)
    else:
        assert look.documents is not None
        lengths, unit, whole, of_beginning = look.documents.words, "words", "documents", ""
    shown = (visible(one, newline="⏎") for one in figures.rare[:_SHOWN_RARE])
    rare = " ".join("␣" if one == " " else one for one in shown)
    lines = [
        f"rare letters (less than ten times): {len(figures.rare)}" + f": {rare}" * bool(rare),
        f"{whole}{of_beginning}: {lengths.num:,}, {lengths.median:,g} {unit} in the median, "
        f"95 % up to {lengths.p95:,g}, the longest {lengths.longest:,}; "
        f"{figures.num_duplicates:,} repeat an earlier one",
        *histogram_lines(lengths, unit),
    ]
    if figures.bounds:
        lines.append(_bounds_line(figures.bounds))
    if look.floor is not None:
        lines.append(_floor_line(look))
    return lines


def histogram_lines(lengths: Lengths, unit: str) -> list[str]:
    """Return a histogram, a bin a line; nothing of a single length."""
    if lengths.num < 2:
        return []
    most = max((num for _, num in lengths.histogram), default=0)
    if not most:
        return []
    width = len(f"{lengths.histogram[-1][0]:,}")
    heads = [
        f"  up to {end:>{width},} {unit} {num:>{len(f'{most:,}')},} "
        for end, num in lengths.histogram
    ]
    room = shutil.get_terminal_size((80, 24)).columns - max(map(len, heads)) - 1
    longest = max(4, min(_LONGEST_BAR, room))
    bars = ["█" * round(longest * num / most) for _, num in lengths.histogram]
    return [f"{head}{bar}".rstrip() for head, bar in zip(heads, bars, strict=True)]


def _bounds_line(bounds: Bounds) -> str:
    """Return what simple models reach: a net should do better."""
    best = min(range(len(bounds.ngrams)), key=bounds.ngrams.__getitem__)
    return (
        f"nats a letter: {bounds.unigram:.3f} by how often each letter comes, "
        f"{bounds.ngrams[best]:.3f} by {best + 2}-grams on a held-out tenth, "
        f"{bounds.gzip:.3f} by gzip"
    )


def _floor_line(look: CorpusProfile) -> str:
    """Return what the best model there can be reaches."""
    assert look.floor is not None
    task, floor = look.suggestion.task, look.floor
    if floor.accuracy is not None:
        return (
            f"floor: {floor.accuracy:.2%} can be told rightly at most, "
            f"{floor.loss_nats:.4f} nats a document"
        )
    line = f"floor: {floor.loss_nats:.4f} nats a letter, read as {task}"
    return line if floor.blank_nats is None else f"{line}; without memory {floor.blank_nats:.4f}"
