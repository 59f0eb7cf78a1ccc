"""`rnnlab corpora show`: the profile of a corpus."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.cli._output import print_json, say, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.corpora import (
    Bounds,
    CorpusProfile,
    Errors,
    Lengths,
    Repairs,
    find_corpus,
    lasting_name,
    look_into,
)

_SHOWN_CHARS_OF_DOCUMENT = 160
_SHOWN_CLASSES = 20
_SHOWN_RARE = 40
_LONGEST_BAR = 40


def show_corpus(name: str | None, data: Path | None, errors: Errors, *, json: bool) -> None:
    """Print the profile of a corpus, a command to train on it, and the beginning of its text.

    errors: treatment of invalid bytes; their number is printed.
    """
    if name is None:
        raise BadInputError("the name of the corpus is missing", "use `rnnlab corpora show NAME`")
    file = find_corpus(name, data)
    repairs = Repairs(errors)
    with progress_bar("reading") as progress:
        profile = look_into(file, progress, repairs)
    for note in repairs.notes():
        talk(note)
    if json:
        print_json(profile.to_json())
        return
    print_figures(profile, _name_to_train(name, file, data))
    typer.echo("")
    if profile.examples:
        for label, text in profile.examples:
            typer.echo(visible(f"{label}: {text[:_SHOWN_CHARS_OF_DOCUMENT]}", newline="⏎"))
    else:
        typer.echo(visible(profile.begins))


def _name_to_train(name: str, file: Path, data: Path | None) -> str:
    """Return the name by which `rnnlab train` finds a corpus, without the option --data."""
    try:
        is_known = "/" in name or find_corpus(name) == file
    except BadInputError:
        is_known = False
    return name if is_known else lasting_name(name, data)


def print_figures(profile: CorpusProfile, name: str) -> None:
    """Print the description and the figures of a corpus, and a command to train on it."""
    for line in [*head_lines(profile), *figure_lines(profile)]:
        say(line)
    typer.echo(visible(f"try: {shlex.join(profile.suggestion.command(name))}"))


def head_lines(profile: CorpusProfile) -> list[str]:
    """Return the description of a corpus: file, size, classes and splits."""
    figures = profile.text or profile.documents
    assert figures is not None
    size = f"{figures.num_chars:,} characters, {figures.num_distinct:,} distinct"
    if profile.described is None:
        return [str(profile.file), size]
    described = profile.described
    classes = [f"{name} ({num:,})" for name, num in described.classes.items()][:_SHOWN_CLASSES]
    if len(described.classes) > _SHOWN_CLASSES:
        classes.append(f"{len(described.classes) - _SHOWN_CLASSES:,} more")
    splits = ", ".join(f"{name} {num:,}" for name, num in described.splits.items())
    return [
        str(profile.file),
        f"{described.num_documents:,} documents, median length {described.median_words:,g} words",
        size,
        f"classes: {', '.join(classes)}",
        f"splits: {splits or 'none'}",
    ]


def figure_lines(profile: CorpusProfile) -> list[str]:
    """Return the figures of a corpus with a histogram of lengths."""
    figures = profile.text or profile.documents
    assert figures is not None
    if profile.text is not None:
        lengths, unit, whole = profile.text.sentences, "characters", "sentences"
        measured = profile.text.measured_chars
        scope = f" in the first {measured:,} characters" * (measured < profile.text.num_chars)
    else:
        assert profile.documents is not None
        lengths, unit, whole, scope = profile.documents.words, "words", "documents", ""
    shown = (visible(character, newline="⏎") for character in figures.rare[:_SHOWN_RARE])
    rare = " ".join("␣" if character == " " else character for character in shown)
    lines = [
        f"rare characters (fewer than 10 times): {len(figures.rare)}" + f": {rare}" * bool(rare),
        f"{whole}{scope}: {lengths.num:,}, median length {lengths.median:,g} {unit}, "
        f"95th percentile {lengths.p95:,g}, longest {lengths.longest:,}; "
        f"{figures.num_duplicates:,} duplicates",
        *histogram_lines(lengths, unit),
    ]
    if figures.bounds:
        lines.append(_bounds_line(figures.bounds))
    if profile.floor is not None:
        lines.append(_floor_line(profile))
    return lines


def histogram_lines(lengths: Lengths, unit: str) -> list[str]:
    """Return a histogram with one bin per line; empty for fewer than two lengths."""
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
    """Return a line with the losses of simple models, which a network should beat."""
    best = min(range(len(bounds.ngrams)), key=bounds.ngrams.__getitem__)
    return (
        f"baselines in nats/char: {bounds.unigram:.3f} for character frequencies, "
        f"{bounds.ngrams[best]:.3f} for {best + 2}-grams on the last tenth, "
        f"{bounds.gzip:.3f} for gzip"
    )


def _floor_line(profile: CorpusProfile) -> str:
    """Return a line with the lowest achievable loss and highest accuracy on unseen text."""
    assert profile.floor is not None
    task, floor = profile.suggestion.task, profile.floor
    if floor.accuracy is not None:
        return (
            f"floor: accuracy at most {floor.accuracy:.2%}, "
            f"loss at least {floor.loss_nats:.4f} nats/document"
        )
    line = f"floor: {floor.loss_nats:.4f} nats/char for the task {task}"
    return line if floor.blank_nats is None else f"{line} (without memory {floor.blank_nats:.4f})"
