"""Evaluate a run's model on splits of its corpus."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.cli._progress import Bar, progress_bar
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.corpus import check_corpus
from rnnlab.runs.run import Run

if TYPE_CHECKING:
    from rnnlab.corpora import Dataset, Floor, Progress
    from rnnlab.inference import Evaluation, LoadedModel

SplitName = Literal["train", "val", "test"]


class Measured(NamedTuple):
    """An evaluation of a run's model, and the floor of its corpus."""

    step: int
    """Step of the evaluated checkpoint."""
    found: Evaluation
    floor: Floor | None = None
    """Best achievable loss and accuracy on unseen text of the corpus; None if unknown."""


def measure(
    run: Run,
    split: SplitName,
    checkpoint: str,
    data: Path | None = None,
    file: Path | None = None,
    errors: str | None = None,
) -> Measured:
    """Evaluate a run's model on one split of its corpus, or of another text.

    errors: treatment of invalid bytes of the other text; None: that of the run. Raises
    BadInputError if there is no such checkpoint or split, or if the corpus has changed.
    """
    measured = measure_all(run, [(split, checkpoint)], data, file, errors)
    if not measured:
        raise no_split(run.name, split)
    return measured[split, checkpoint]


def measure_all(
    run: Run,
    pairs: Iterable[tuple[SplitName, str]],
    data: Path | None = None,
    file: Path | None = None,
    errors: str | None = None,
) -> dict[tuple[SplitName, str], Measured]:
    """Evaluate a run's model for several pairs of split and checkpoint; read the corpus once.

    A pair whose split the corpus does not have is missing in the result.
    """
    with progress_bar("loading the model") as bar:
        return _measure_all(run, pairs, data, file, errors, bar)


def no_split(name: str, split: SplitName) -> BadInputError:
    """Return the error for a split that the corpus of a run does not have."""
    return BadInputError(
        f"the corpus of {name!r} has no {split} split",
        f"choose another --split, or train with --{split}-fraction",
    )


def _measure_all(
    run: Run,
    pairs: Iterable[tuple[SplitName, str]],
    data: Path | None,
    file: Path | None,
    errors: str | None,
    bar: Bar,
) -> dict[tuple[SplitName, str], Measured]:
    from rnnlab.inference import evaluate_loaded, load_model

    measured: dict[tuple[SplitName, str], Measured] = {}
    models: dict[str, LoadedModel] = {}
    dataset: Dataset | None = None
    for split, checkpoint in pairs:
        if (split, checkpoint) in measured:
            continue
        if checkpoint not in models:
            models[checkpoint] = load_model(run.paths, resolve_checkpoint(run.paths, checkpoint))
        loaded = models[checkpoint]
        bar.begin("reading the corpus")
        dataset = dataset or read_dataset(run, loaded, data, file, errors, bar)
        if split not in dataset.splits:
            continue
        bar.begin(f"evaluating {run.name} on {split}")
        evaluation = evaluate_loaded(loaded, dataset.splits[split], progress=bar)
        measured[split, checkpoint] = Measured(loaded.step, evaluation, dataset.floor)
    return measured


def read_dataset(
    run: Run,
    loaded: LoadedModel,
    data: Path | None,
    file: Path | None,
    errors: str | None,
    progress: Progress,
) -> Dataset:
    """Return a run's corpus, or another text in its place, in the vocabulary of the run.

    Raises BadInputError if the corpus is missing or has changed.
    """
    from rnnlab.corpora import prepare

    if file is not None:
        changes = {"corpus": str(file), "limit_chars": None}
        changes |= {"errors": errors} if errors else {}
        other = loaded.config.model_copy(update=changes)
        return prepare(other, data, loaded.vocabulary, progress)
    dataset = prepare(loaded.config, data, loaded.vocabulary, progress)
    check_corpus(run.paths, dataset.fingerprint)
    return dataset
