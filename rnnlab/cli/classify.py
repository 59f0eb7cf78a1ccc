"""Classify texts, with the probability of every class."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from rnnlab.base.display import percent
from rnnlab.base.errors import BadInputError
from rnnlab.base.regular_files import LIST_BYTES, read_named
from rnnlab.cli._options import Checkpoint, Checkpoints, Json, RunName
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._weights import weights_of
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rnnlab.corpora import Progress


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
    checkpoint: Checkpoint = "best",
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Classify texts, with the probability of every class."""
    with progress_bar("reading the documents") as bar:
        texts = [*(text or []), *(_documents(file, bar) if file else [])]
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


def _documents(file: Path, progress: Progress) -> list[str]:
    """Return the column `text` of a csv, tsv or jsonl file; of any other file the non-empty lines.

    Raise BadInputError if the file cannot be read.
    """
    from rnnlab.corpora import holds_documents, read_texts

    if holds_documents(file):
        return read_texts(file, progress)
    try:
        is_input = str(file) == "-"
        text = sys.stdin.read() if is_input else read_named(file, LIST_BYTES, encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInputError(f"{file} is not UTF-8", "convert it to UTF-8") from None
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None
    return [line for line in text.split("\n") if line.strip()]


def _short(text: str, width: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
