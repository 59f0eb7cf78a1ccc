"""Start runs: everything is checked first, so a failed start leaves no files behind.

The command line and the app use this for single runs and for all runs of a recipe. Never imports
torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.corpora import Progress, check, lasting_name, shown_name, silent
from rnnlab.decoding import parse_prompts, parse_spec, split_specs
from rnnlab.recipes import Recipe, locate, plan
from rnnlab.runs import control, launch
from rnnlab.runs.origin import Origin, write_origin
from rnnlab.runs.paths import check_run_name
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit._layers import Layers, Resolved
from rnnlab.submit._memory import check_memory
from rnnlab.submit._origin import origin_of
from rnnlab.submit._resolve import resolve
from rnnlab.submit._warm_start import check_text, copy_initial_weights

_NO_LOSSES: Mapping[str, float] = MappingProxyType({})


def checked_config(
    values: Mapping[str, Any],
    data: Path | None = None,
    store: RunStore | None = None,
    progress: Progress = silent,
) -> RunConfig:
    """Return `check_resolved` of settings that are all written in one layer."""
    return check_resolved(resolve(Layers(values), data, store), data, progress)


def check_resolved(
    resolved: Resolved, data: Path | None = None, progress: Progress = silent
) -> RunConfig:
    """Return the settings of a run after reading its corpus to check that it suits the settings.

    In the result, `corpus` is an absolute path or a built-in corpus, so it does not depend on the
    worker's folder of corpora. progress: called while a long text is read. Raises BadInputError for
    the first problem.
    """
    config = resolved.valid_config()
    check_memory(config)
    config = config.model_copy(update={"corpus": lasting_name(config.corpus, data)})
    check_samples(config)
    check(config, progress=progress)
    if resolved.ancestor is not None:
        check_text(config, resolved.ancestor)
    return config


def check_samples(config: RunConfig) -> None:
    """Raise BadInputError if the settings of the samples (prompts, decoders) cannot be parsed."""
    for text in split_specs(config.sample_decoders):
        parse_spec(text)
    parse_prompts(config.sample_prompts)


def start_run(
    config: RunConfig,
    store: RunStore,
    name: str | None = None,
    *,
    is_queued: bool = False,
    published: Mapping[str, float] = _NO_LOSSES,
    launch_worker: launch.Launch | None = None,
    origin: Origin | None = None,
) -> Run:
    """Create a run and start its worker; raises BadInputError if the name is taken.

    is_queued: whether the worker waits for a free slot before it trains. published: split ->
    published loss of the same experiment, for the charts. launch_worker: function that starts the
    worker, by default `rnnlab.runs.launch.launch`. origin: sources of the settings, to be recorded.
    """
    if name is None:
        name = store.free_name(default_name(config))
    run = store.create(check_run_name(name), config.to_toml())
    try:
        copy_initial_weights(config, run)
        _write_facts(run, published, origin)
        (launch_worker or launch.launch)(run, is_queued=is_queued)
    except BaseException:
        store.remove(run)
        raise
    return run


def _write_facts(run: Run, published: Mapping[str, float], origin: Origin | None) -> None:
    try:
        if published:
            replace_text(run.paths.published, json.dumps(dict(published)), durable=True)
        if origin is not None:
            write_origin(run.paths, origin)
    except OSError as error:
        raise RnnlabError(f"cannot write to {run.paths.root}: {error.strerror or error}") from None


def queue_recipe(
    recipe: Recipe,
    store: RunStore,
    data: Path | None = None,
    launch_worker: launch.Launch | None = None,
) -> list[str]:
    """Queue every run of a recipe and return the names of the queued runs.

    Runs that are finished, active or queued are skipped; runs that ended early are resumed. Raises
    BadInputError if the corpus of the recipe is missing.
    """
    corpus = locate(recipe, None, data)
    queued = []
    for planned in plan(recipe, corpus, {}, None, data):
        resolved = resolve(Layers(planned.values), data, store)
        config = check_resolved(resolved, data)
        name, run = find_run(store, planned.name, config)
        if run is None:
            start_run(
                config, store, name,
                is_queued=True, published=recipe.published_losses, launch_worker=launch_worker,
                origin=origin_of(resolved, chosen=planned.chosen),
            )  # fmt: skip
        elif run.status().state in ("stopped", "failed", "lost"):
            control.resume(run, is_queued=True, launch_worker=launch_worker)
        else:
            continue
        queued.append(name)
    return queued


def find_run(store: RunStore, name: str, config: RunConfig) -> tuple[str, Run | None]:
    """Return the first of `name`, `name-2`, ... that is free or names a run with these settings.

    The second value is that run; None if the name is free.
    """
    runs = {run.name: run for run in store}
    numbered, number = name, 1
    while _differs(runs.get(numbered), config):
        number += 1
        numbered = f"{name}-{number}"
    return numbered, runs.get(numbered)


def _differs(run: Run | None, config: RunConfig) -> bool:
    """Return True for an existing run that is shipped or has other settings."""
    return run is not None and (run.is_shipped or _settings(run) != config)


def _settings(run: Run) -> RunConfig | None:
    try:
        return RunConfig.from_toml(run.paths.config)
    except BadInputError:
        return None


def default_name(config: RunConfig) -> str:
    """Return a name made of corpus, cell and size: `moliere-lstm-128x2`."""
    corpus = "".join(c if c.isascii() and c.isalnum() else "-" for c in shown_name(config.corpus))
    depth = f"x{config.layers}" if config.layers > 1 else ""
    return f"{corpus.strip('-')[:24] or 'run'}-{config.cell}-{config.hidden}{depth}"
