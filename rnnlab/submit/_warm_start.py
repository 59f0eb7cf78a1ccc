"""A warm start: a run whose initial weights are those of another run, its ancestor.

The new run has the ancestor's values of all settings that decide the shape of the weights. Never
imports torch: the file of weights is copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.failures import cause_of
from rnnlab.base.files import real_path, replacing
from rnnlab.base.regular_files import open_binary
from rnnlab.corpora import Repairs, Vocabulary, prepare, read_documents
from rnnlab.runs.checkpoint import POINTERS, parse_checkpoint, split_checkpoint
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.problems import Problem
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.values import parse_setting

_INHERITED = (
    "task", "tokens", "alphabet", "cell", "layers", "hidden", "embedding", "one_hot", "tied",
    "residual", "bidirectional", "pooling", "part",
)  # fmt: skip
"""Settings that decide the shape of the weights, the meaning of ids and the input of the head."""


class Ancestor(NamedTuple):
    """A run and the step of its checkpoint, with whose weights another run starts."""

    run: Run
    step: int

    @property
    def text(self) -> str:
        """The value of `init_from` in the new run's settings: folder of the ancestor and step."""
        return f"{real_path(self.run.paths.root)}@{self.step}"


def find_ancestor(init_from: str, store: RunStore) -> Ancestor:
    """Return the run and the step that `RUN`, `RUN@best`, `RUN@last` or `RUN@STEP` names.

    RUN: the name of a run in the store, or the folder of a run. `RUN` alone names the best
    checkpoint, or the last if there is no best. Raises BadInputError if there is none.
    """
    name, checkpoint = split_checkpoint(init_from)
    try:
        folder = Path(name).expanduser()
        run = RunStore(folder.parent).open(folder.name) if "/" in name else store.open(name)
    except (OSError, RuntimeError, ValueError):
        raise BadInputError(
            f"{name!r} is not the folder of a run", "name a run or its folder"
        ) from None
    paths = run.paths
    step = _step_of(paths, checkpoint)
    if step is None or not paths.weights(step).is_file():
        steps = ", ".join(map(str, paths.checkpoint_steps())) or "none yet"
        raise BadInputError(
            f"{run.name!r} has no checkpoint {checkpoint}".rstrip(), f"checkpoints: {steps}"
        )
    return Ancestor(run, step)


def _step_of(paths: RunPaths, checkpoint: str) -> int | None:
    """Return the step of a checkpoint on disk; None if there is none."""
    if not checkpoint:
        step = paths.read_pointer("best")
        return paths.read_pointer("last") if step is None else step
    which = parse_checkpoint(checkpoint, POINTERS, paths.checkpoint_steps())
    return which if isinstance(which, int) else paths.read_pointer(which)


def inherited_settings(ancestor: Ancestor) -> dict[str, Any]:
    """Return the settings of the ancestor that the new run must share; raises BadInputError."""
    config = RunConfig.from_toml(ancestor.run.paths.config)
    return {name: getattr(config, name) for name in _INHERITED}


def conflicts(
    values: Mapping[str, Any], inherited: Mapping[str, Any], ancestor: Ancestor
) -> Iterator[Problem]:
    """Yield one problem for each setting in `values` that differs from the inherited value."""
    if values.get("embeddings") is not None:
        yield Problem.of(
            "embeddings",
            BadInputError("init_from and embeddings exclude each other", "leave one of them out"),
        )
    for name, value in inherited.items():
        requested = values.get(name)
        if requested is not None and parse_setting(name, requested) != value:
            yield Problem.of(
                name,
                BadInputError(
                    f"the weights of {ancestor.run.name!r} have {name} = {value}, not {requested}",
                    f"leave --{name.replace('_', '-')} out",
                ),
            )


def check_text(config: RunConfig, ancestor: Ancestor) -> None:
    """Raise BadInputError if the ancestor does not know a character or class of the corpus."""
    vocabulary = Vocabulary.load(ancestor.run.paths.vocabulary)
    if vocabulary.unk is None:
        prepare(config, vocabulary=vocabulary)
    if vocabulary.classes:
        documents = read_documents(Path(config.corpus), repairs=Repairs(config.errors))
        unknown = set(documents.classes) - set(vocabulary.classes)
        if unknown:
            raise BadInputError(
                f"{ancestor.run.name!r} does not know the class {min(unknown)!r}",
                f"its classes: {', '.join(vocabulary.classes[:20])}",
            )


def copy_initial_weights(config: RunConfig, run: Run) -> None:
    """Copy the ancestor's vocabulary and weights into the run's folder, if there is an ancestor.

    The run then no longer depends on its ancestor. Raises BadInputError if the copy fails.
    """
    if config.init_from is None:
        return
    folder, step = split_checkpoint(config.init_from)
    source = RunPaths(Path(folder))
    try:
        for original, copy in (
            (source.vocabulary, run.paths.vocabulary),
            (source.weights(int(step)), run.paths.initial_weights),
        ):
            with (
                open_binary(original) as stream,
                replacing(copy) as temporary,
                temporary.open("wb") as new,
            ):
                shutil.copyfileobj(stream, new)
    except OSError as error:
        if cause := cause_of(error, run.paths.root):
            what = f"the weights of {source.name!r} cannot be copied: {cause.what}"
            raise RnnlabError(what, cause.remedy) from None
        raise BadInputError(
            f"the weights of {source.name!r} at step {step} cannot be read: "
            f"{error.strerror or error}",
            "a run in training deletes old checkpoints: try again",
        ) from None
