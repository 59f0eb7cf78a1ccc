"""A run that begins with another one's weights: what it takes over, and how it gets them.

Never imports torch: weights are copied as the file they are.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Vocabulary, prepare, read_documents
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.store import Run, RunStore
from rnnlab.settings.run_config import RunConfig

_TAKEN_OVER = (
    "task", "tokens", "alphabet", "cell", "layers", "hidden", "embedding", "one_hot", "tied",
    "residual", "bidirectional", "pooling", "part",
)  # fmt: skip
"""Settings that decide the shape of the weights, what the ids mean and what the head reads."""


class Ancestor(NamedTuple):
    """A run at the checkpoint that another one begins with."""

    run: Run
    step: int

    @property
    def text(self) -> str:
        """How it is written in the settings: the run's folder and the step."""
        return f"{self.run.paths.root.resolve()}@{self.step}"


def find_ancestor(wish: str, store: RunStore) -> Ancestor:
    """Return the run that `RUN`, `RUN@best`, `RUN@last` or `RUN@STEP` names.

    RUN: a name in the store, or a run's folder. Without a checkpoint the best one, or the last
    where there is no best. Raises BadInputError.
    """
    name, has_checkpoint, checkpoint = wish.rpartition("@")
    if not has_checkpoint:
        name, checkpoint = wish, ""
    try:
        folder = Path(name).expanduser()
        run = RunStore(folder.parent).open(folder.name) if "/" in name else store.open(name)
    except (OSError, RuntimeError, ValueError):
        raise BadInputError(f"{name!r} is no run's folder", "name a run or its folder") from None
    paths = run.paths
    if checkpoint.isascii() and checkpoint.isdigit():
        step: int | None = int(checkpoint)
    elif checkpoint in ("best", "last"):
        step = paths.read_pointer(checkpoint)  # type: ignore[arg-type]
    elif not checkpoint:
        step = paths.read_pointer("best")
        step = paths.read_pointer("last") if step is None else step
    else:
        raise BadInputError(f"{checkpoint!r} is no checkpoint", "write @last, @best or @STEP")
    if step is None or not paths.weights(step).is_file():
        kept = ", ".join(map(str, paths.checkpoint_steps())) or "none yet"
        raise BadInputError(
            f"{run.name!r} has no checkpoint {checkpoint}".rstrip(), f"kept: {kept}"
        )
    return Ancestor(run, step)


def take_over(values: Mapping[str, Any], ancestor: Ancestor) -> dict[str, Any]:
    """Return the settings of a run with those of its ancestor that decide the shape.

    Raises BadInputError where one that was given is another.
    """
    theirs = RunConfig.from_toml(ancestor.run.paths.config)
    ours = dict(values)
    if ours.get("embeddings") is not None:
        raise BadInputError(
            "init_from brings vectors of its own", "leave either it or embeddings out"
        )
    for name in _TAKEN_OVER:
        wanted = getattr(theirs, name)
        given = ours.get(name)
        if given is not None and typed(name, given) != wanted:
            raise BadInputError(
                f"the weights of {ancestor.run.name!r} have {name} = {wanted}, not {given}",
                f"leave --{name.replace('_', '-')} out",
            )
        ours[name] = wanted
    return {**ours, "init_from": ancestor.text}


def typed(name: str, given: Any) -> Any:
    """Return a setting as it is kept, limits apart; a form gives all of them as text."""
    annotation: Any = RunConfig.model_fields[name].annotation
    try:
        return TypeAdapter(annotation).validate_python(given)
    except ValidationError:
        return given


def check_text(config: RunConfig, ancestor: Ancestor) -> None:
    """Raise BadInputError when the corpus has a letter or class that the ancestor never saw."""
    vocabulary = Vocabulary.load(ancestor.run.paths.vocabulary)
    if vocabulary.unk is None:
        prepare(config, vocabulary=vocabulary)
    if vocabulary.classes:
        unknown = set(read_documents(Path(config.corpus)).classes) - set(vocabulary.classes)
        if unknown:
            raise BadInputError(
                f"{ancestor.run.name!r} knows no class {min(unknown)!r}",
                f"its classes: {', '.join(vocabulary.classes[:20])}",
            )


def hand_over(config: RunConfig, run: Run) -> None:
    """Copy vocabulary and weights of a run's ancestor into its folder, which then stands alone."""
    if config.init_from is None:
        return
    folder, _, step = config.init_from.rpartition("@")
    theirs = RunPaths(Path(folder))
    try:
        shutil.copyfile(theirs.vocabulary, run.paths.vocabulary)
        shutil.copyfile(theirs.weights(int(step)), run.paths.initial_weights)
    except OSError as error:
        raise BadInputError(
            f"the weights of {theirs.name!r} at step {step} cannot be read: {error.strerror}",
            "a run in training drops old checkpoints: try again",
        ) from None
