"""Open a run and measure its model on parts of its corpus."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.runs.corpus import check_corpus
from rnnlab.runs.store import Run

if TYPE_CHECKING:
    from rnnlab.corpora import Dataset, Floor
    from rnnlab.models import LoadedModel
    from rnnlab.training import Evaluation

SplitName = Literal["train", "val", "test"]


class Measured(NamedTuple):
    """A measurement of a run's model."""

    step: int
    """Step of the checkpoint."""
    found: Evaluation
    floor: Floor | None = None
    """What the best model reaches on fresh text of the corpus; None where nobody knows."""


def measure(
    run: Run,
    split: SplitName,
    checkpoint: str,
    data: Path | None = None,
    file: Path | None = None,
) -> Measured:
    """Measure a run's model on one split of its corpus, or of another text.

    Raises BadInputError when there is no such checkpoint or split, or when the corpus has changed.
    """
    found = measure_all(run, [(split, checkpoint)], data, file)
    if not found:
        raise BadInputError(
            f"{run.name!r} has no {split} split", "its corpus names none: see --test-fraction"
        )
    return found[split, checkpoint]


def measure_all(
    run: Run,
    wanted: Iterable[tuple[SplitName, str]],
    data: Path | None = None,
    file: Path | None = None,
) -> dict[tuple[SplitName, str], Measured]:
    """Measure several pairs of split and checkpoint, each once; the corpus is read once.

    A split that the corpus does not have is left out.
    """
    from rnnlab.models import load_model, parse_checkpoint
    from rnnlab.training import evaluate

    measured: dict[tuple[SplitName, str], Measured] = {}
    models: dict[str, LoadedModel] = {}
    dataset: Dataset | None = None
    for split, checkpoint in wanted:
        if (split, checkpoint) in measured:
            continue
        if checkpoint not in models:
            models[checkpoint] = load_model(run.paths, parse_checkpoint(checkpoint))
        loaded = models[checkpoint]
        dataset = dataset or _dataset(run, loaded, data, file)
        if split not in dataset.splits:
            continue
        found = evaluate(loaded.model, dataset.splits[split])
        measured[split, checkpoint] = Measured(loaded.step, found, dataset.floor)
    return measured


def _dataset(run: Run, loaded: LoadedModel, data: Path | None, file: Path | None) -> Dataset:
    from rnnlab.corpora import prepare

    if file is not None:
        other = loaded.config.model_copy(update={"corpus": str(file), "limit_chars": None})
        return prepare(other, data, loaded.vocabulary)
    dataset = prepare(loaded.config, data, loaded.vocabulary)
    check_corpus(run.paths, dataset.fingerprint)
    return dataset
