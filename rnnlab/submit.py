"""Start a run: check everything first, leave nothing behind when something is wrong.

The command line and the app start runs here, one by one or all those of a recipe. Never imports
torch.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.base.locations import data_folder
from rnnlab.corpora import (
    Progress,
    check,
    find_corpus,
    holds_documents,
    lasting_name,
    shown_name,
    silent,
    suggested_settings,
    suggested_task,
    vectors_width,
)
from rnnlab.decoding import parse_prompts, parse_spec, split_specs
from rnnlab.recipes import Recipe, locate, plan
from rnnlab.runs import control
from rnnlab.runs.launch import Launch, launch
from rnnlab.runs.paths import check_run_name
from rnnlab.runs.store import Run, RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.warm_start import check_text, find_ancestor, hand_over, take_over

_COURSE = {"lr", "schedule", "optimizer", "init_from"}
_NOTHING: Mapping[str, float] = MappingProxyType({})


def resolve(
    values: Mapping[str, Any],
    data: Path | None = None,
    store: RunStore | None = None,
    progress: Progress = silent,
) -> RunConfig:
    """Return the settings of a run to be started, its corpus found and fit for them.

    The task, where it is left open, is the one the corpus is made for. store: where `init_from` is
    looked for, the default one if None. progress: told how far a long text has been read. Raises
    BadInputError.
    """
    values = dict(values)
    ancestor = None
    if values.get("init_from") is not None:
        ancestor = find_ancestor(str(values["init_from"]), store or RunStore.default())
        if holds_documents(find_corpus(str(values.get("corpus", "")), data)):
            values.setdefault("task", "classify")
        values = take_over(values, ancestor)
    corpus = str(values.get("corpus", ""))
    file = find_corpus(corpus, data)
    values.setdefault("task", suggested_task(corpus, file))
    suggested = suggested_settings(corpus, data)
    values = {**beside(values, suggested), **values, "corpus": lasting_name(corpus, data)}
    if isinstance(values.get("embeddings"), str):
        vectors = find_vectors(values["embeddings"], data)
        values["embeddings"] = str(vectors)
        if values.get("embedding") is None:
            values["embedding"] = vectors_width(vectors)
    config = RunConfig.from_values(values)
    check_samples(config)
    check(config, progress=progress)
    if ancestor is not None:
        check_text(config, ancestor)
    return config


def beside(values: Mapping[str, Any], suggested: Mapping[str, Any]) -> dict[str, Any]:
    """Return what suits a corpus; what is said of the rate is not mixed with it."""
    dropped = _COURSE if _COURSE & values.keys() else set()
    return {name: value for name, value in suggested.items() if name not in dropped}


def check_samples(config: RunConfig) -> None:
    """Raise BadInputError where the tracked prompts or their decoders cannot be read."""
    for text in split_specs(config.sample_decoders):
        parse_spec(text)
    parse_prompts(config.sample_prompts)


def start_run(
    config: RunConfig,
    store: RunStore,
    name: str | None = None,
    *,
    is_queued: bool = False,
    published: Mapping[str, float] = _NOTHING,
    launch_worker: Launch | None = None,
) -> Run:
    """Create a run and start its worker; raises BadInputError when the name is taken.

    is_queued: whether the worker waits for a free slot before it trains. published: losses that
    were published of the same experiment, by what they are of; its charts show them.
    launch_worker: starts the worker; `rnnlab.runs.launch.launch` if None.
    """
    if name is None:
        name = store.free_name(default_name(config))
    run = store.create(check_run_name(name), config.to_toml())
    try:
        hand_over(config, run)
        if published:
            replace_text(run.paths.published, json.dumps(dict(published)))
        (launch_worker or launch)(run, is_queued=is_queued)
    except BaseException:
        store.remove(run)
        raise
    return run


def queue_recipe(
    recipe: Recipe,
    store: RunStore,
    data: Path | None = None,
    launch_worker: Launch | None = None,
) -> list[str]:
    """Put every run of a recipe into the queue and return their names.

    A run that is finished, at work or waiting already is left alone; one that ended early goes on.
    Raises BadInputError when the corpus is not there.
    """
    corpus = locate(recipe, None, data)
    queued = []
    for planned in plan(recipe, corpus, {}, None, data):
        config = resolve(planned.values, data, store)
        name, run = find_run(store, planned.name, config)
        if run is None:
            published = recipe.published_losses
            start_run(
                config, store, name,
                is_queued=True, published=published, launch_worker=launch_worker,
            )  # fmt: skip
        elif run.status().state in ("stopped", "failed", "lost"):
            control.resume(run, is_queued=True, launch_worker=launch_worker)
        else:
            continue
        queued.append(name)
    return queued


def find_run(store: RunStore, wish: str, config: RunConfig) -> tuple[str, Run | None]:
    """Return the run called `wish`, `wish-2`... with these settings, or the first free name."""
    runs = {run.name: run for run in store}
    for number in itertools.count(1):
        name = wish if number == 1 else f"{wish}-{number}"
        run = runs.get(name)
        if run is None or (not run.is_shipped and _settings(run) == config):
            return name, run
    raise AssertionError("there is always a free name")


def _settings(run: Run) -> RunConfig | None:
    try:
        return RunConfig.from_toml(run.paths.config)
    except BadInputError:
        return None


def default_name(config: RunConfig) -> str:
    """Return a name that says what the run is."""
    corpus = "".join(c if c.isascii() and c.isalnum() else "-" for c in shown_name(config.corpus))
    depth = f"x{config.layers}" if config.layers > 1 else ""
    return f"{corpus.strip('-')[:24] or 'run'}-{config.cell}-{config.hidden}{depth}"


def find_vectors(vectors: str, data: Path | None = None) -> Path:
    """Return the file of word vectors: a path, or a name in the data folder.

    Raises BadInputError when it is not there.
    """
    try:
        file = Path(vectors).expanduser()
        if file.is_file():
            return file.resolve()
        if file.name == vectors:
            for ending in ("", ".txt", ".txt.gz"):
                there = data_folder(data) / f"{vectors}{ending}"
                if there.is_file():
                    return there.resolve()
    except (OSError, RuntimeError, ValueError):
        pass
    raise BadInputError(
        f"no file of word vectors named {vectors!r}",
        "give the path of one; `rnnlab corpora fetch glove` gets some",
    )
