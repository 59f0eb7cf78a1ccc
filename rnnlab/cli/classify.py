"""Classify texts, with the probability of every class."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from rnnlab.base.display import percent
from rnnlab.base.errors import BadInputError
from rnnlab.cli._options import Checkpoint, Checkpoints, Json, RunName
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._weights import weights_of
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rnnlab.corpora import Errors, Progress


def command(
    run: RunName,
    text: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Document to classify; repeatable."),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="csv, tsv or jsonl file, or a document per line (-: stdin)."),
    ] = None,
    errors: Annotated[
        Literal["strict", "replace", "skip"],
        typer.Option(help="Treatment of invalid bytes in --file."),
    ] = "strict",
    checkpoint: Checkpoint = "best",
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Classify texts, with the probability of every class."""
    with progress_bar("reading the documents") as bar:
        texts = [*(text or []), *(_documents(file, errors, bar) if file else [])]
    if not texts:
        raise BadInputError("there is nothing to classify", "add --text TEXT or --file FILE")
    opened = RunStore.default(checkpoints).open(run)
    with progress_bar("loading the model") as bar:
        from rnnlab.inference import classify_texts, load_model

        loaded = load_model(opened.paths, resolve_checkpoint(opened.paths, checkpoint))
        bar.begin("classifying")
        verdicts = classify_texts(loaded, texts, progress=bar)
    if json:
        documents: list[dict[str, Any]] = [
            {"text": document, **verdict._asdict()}
            for document, verdict in zip(texts, verdicts, strict=True)
        ]
        print_json(documents)
        return
    talk(weights_of(opened, loaded.step))
    classes = list(verdicts[0].probabilities)
    rows = [
        [
            verdict.label,
            *(percent(verdict.probabilities[name]) for name in classes),
            f"{verdict.num_unknown} of {verdict.num_tokens}",
            _short(document),
        ]
        for document, verdict in zip(texts, verdicts, strict=True)
    ]
    print_table(["class", *classes, "unknown", "text"], rows, classes)


def _documents(file: Path, errors: Errors, progress: Progress) -> list[str]:
    """Return the column `text` of a csv, tsv or jsonl file; of any other file the non-empty lines.

    Raise BadInputError if the file cannot be read.
    """
    from rnnlab.corpora import Repairs, holds_documents, read_lines, read_texts

    repairs = Repairs(errors)
    if str(file) == "-":
        try:
            return [line for line in sys.stdin.read().split("\n") if line.strip()]
        except UnicodeDecodeError:
            raise BadInputError("standard input is not UTF-8", "convert it to UTF-8") from None
    read = read_texts if holds_documents(file) else read_lines
    texts = read(file, progress, repairs)
    for note in repairs.notes(file.name):
        talk(note)
    return texts


def _short(text: str, width: int = 60) -> str:
    from rnnlab.base.cells import truncated

    return truncated(" ".join(text.split()), width)
