"""Options and preparation of a model that learns from a text while it reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Optional

import typer

from rnnlab.base.display import figure
from rnnlab.base.errors import BadInputError
from rnnlab.cli._measure import SplitName, no_split, read_dataset
from rnnlab.cli._progress import Bar, progress_bar
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.run import Run

if TYPE_CHECKING:
    from rnnlab.corpora import Dataset, Floor, Ids
    from rnnlab.dynamic import DynamicSettings, Learner
    from rnnlab.inference import Evaluation, LoadedModel

Dynamic = Annotated[
    bool, typer.Option(help="Learn from the text while reading it; the run stays as it is.")
]
DynamicLr = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0, help="Rate of --dynamic (default: by a search on val)."),
]
DynamicDecay = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(min=0, max=1, help="Return to the trained weights (default: by a search)."),
]
DynamicWindow = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="Tokens between two updates (default: 20; words: 5)."),
]


class DynamicOptions(NamedTuple):
    """The options as they were typed; None for those to be chosen."""

    is_asked: bool = False
    lr: float | None = None
    decay: float | None = None
    window: int | None = None

    @property
    def is_on(self) -> bool:
        """Whether the model learns while it reads; an option that sets how is enough."""
        return self.is_asked or any(value is not None for value in self[1:])


class Prepared(NamedTuple):
    """A learner with the settings that it uses."""

    learner: Learner
    settings: DynamicSettings
    searched: int
    """Tokens of the validation split on which settings were chosen; 0 if all were set."""

    def text(self) -> str:
        """Return the settings and their source, for the user."""
        text = (
            f"lr {self.settings.lr:g}, decay {self.settings.decay:g}, window {self.settings.window}"
        )
        if self.searched:
            text += f", chosen on the first {self.searched:,} tokens of val"
        return text

    def after(self, loaded: LoadedModel, ids: Ids) -> LoadedModel:
        """Return the model after it has learnt from the tokens of a text; valid until the next."""
        from rnnlab.dynamic import adapt_to_text

        return adapt_to_text(loaded, self.learner, ids, self.settings)

    def document(self) -> dict[str, float]:
        """Return the settings and their source, for JSON."""
        return {**self.settings._asdict(), "searched_tokens": self.searched}


def prepare_learner(
    run: Run, options: DynamicOptions, data: Path | None, bar: Bar, loaded: LoadedModel
) -> Prepared:
    """Return a learner for a run's model, which reads the run's corpus first.

    The settings that are not set are chosen by a search. Raises BadInputError for a classifier, if
    the corpus is missing or has changed, and if a search needs the validation split that it lacks.
    """
    loaded.check_language_model()
    bar.begin("reading the corpus")
    return _prepare(loaded, read_dataset(run, loaded, data, None, None, bar), options, bar)


def _prepare(loaded: LoadedModel, dataset: Dataset, options: DynamicOptions, bar: Bar) -> Prepared:
    import torch

    from rnnlab.dynamic import DynamicSettings, Learner, default_window, find_settings

    torch.set_num_threads(1)  # a piece of one row is too small for more
    window = options.window or default_window(loaded.vocabulary.kind)
    bar.begin("measuring gradients")
    learner = Learner(loaded, dataset.splits["train"], window)
    if options.lr is not None and options.decay is not None:
        return Prepared(learner, DynamicSettings(options.lr, options.decay, window), 0)
    if "val" not in dataset.splits:
        raise BadInputError(
            f"{loaded.name!r} has no validation split on which to choose the settings",
            "set --dynamic-lr and --dynamic-decay, for example 0.001 and 0.003",
        )
    bar.begin("choosing lr and decay")
    search = find_settings(
        learner, dataset.splits["val"], lr=options.lr, decay=options.decay, progress=bar
    )
    return Prepared(learner, search.settings, search.num_tokens)


class MeasuredDynamic(NamedTuple):
    """The evaluation of a model that learns while it reads, and of its trained weights."""

    step: int
    """Step of the evaluated checkpoint."""
    evaluation: Evaluation
    static: Evaluation
    """On the same text, with weights that do not change."""
    prepared: Prepared
    floor: Floor | None
    """As in `Measured`."""

    def gain(self, unit: str) -> str:
        """Return how far learning has changed the loss, as a line for the user."""
        static = self.static.loss_nats
        difference = self.evaluation.loss_nats - static
        return (
            f"with fixed weights {figure(static, 4)} {unit}: learning changes the loss by "
            f"{difference:+.4f} ({self.prepared.text()})"
        )

    def document(self) -> dict[str, float]:
        """Return the settings and the loss of fixed weights, for JSON."""
        return {**self.prepared.document(), "static_loss_nats": self.static.loss_nats}


def measure_dynamic(
    run: Run,
    split: SplitName,
    checkpoint: str,
    options: DynamicOptions,
    data: Path | None = None,
    file: Path | None = None,
    errors: str | None = None,
) -> MeasuredDynamic:
    """Evaluate a model that learns while it reads; arguments and errors as for `measure`."""
    from rnnlab.dynamic import evaluate_dynamic
    from rnnlab.inference import evaluate_loaded, load_model

    with progress_bar("loading the model") as bar:
        loaded = load_model(run.paths, resolve_checkpoint(run.paths, checkpoint))
        loaded.check_language_model()
        bar.begin("reading the corpus")
        own = dataset = read_dataset(run, loaded, data, None, None, bar)
        if file is not None:
            dataset = read_dataset(run, loaded, data, file, errors, bar)
        if split not in dataset.splits:
            raise no_split(run.name, split)
        read = dataset.splits[split]
        prepared = _prepare(loaded, own, options, bar)
        bar.begin(f"{run.name} reads {split} and learns")
        evaluation = evaluate_dynamic(prepared.learner, read, prepared.settings, progress=bar)
        bar.begin(f"evaluating {run.name} on {split}")
        static = evaluate_loaded(loaded, read, progress=bar)
    return MeasuredDynamic(loaded.step, evaluation, static, prepared, dataset.floor)
