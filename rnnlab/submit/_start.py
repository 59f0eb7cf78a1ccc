"""Start a run: check everything first, so that a failed start leaves no files behind.

The command line and the app start runs here, single ones or those of a recipe. Never imports torch.
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
from rnnlab.corpora import Progress, check, lasting_name, shown_name, silent
from rnnlab.decoding import parse_prompts, parse_spec, split_specs
from rnnlab.recipes import Recipe, locate, plan
from rnnlab.runs import control, launch
from rnnlab.runs.paths import check_run_name
from rnnlab.runs.store import Run, RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit._layers import Layers, Resolved
from rnnlab.submit._resolve import resolve
from rnnlab.submit._warm_start import check_text, copy_initial_weights

_NO_LOSSES: Mapping[str, float] = MappingProxyType({})


def checked_config(
    values: Mapping[str, Any],
    data: Path | None = None,
    store: RunStore | None = None,
    progress: Progress = silent,
) -> RunConfig:
    """Resolve settings that come from one layer, then check them; see `check_resolved`."""
    return check_resolved(resolve(Layers(values), data, store), data, progress)


def check_resolved(
    resolved: Resolved, data: Path | None = None, progress: Progress = silent
) -> RunConfig:
    """Return the settings of a run, once its corpus has been read and suits them.

    The corpus is then a path or a generated corpus, whatever folder of corpora a worker has.
    progress: called while a long text is read. Raises BadInputError: the first problem.
    """
    config = resolved.valid_config()
    config = config.model_copy(update={"corpus": lasting_name(config.corpus, data)})
    check_samples(config)
    check(config, progress=progress)
    if resolved.ancestor is not None:
        check_text(config, resolved.ancestor)
    return config


def check_samples(config: RunConfig) -> None:
    """Raise BadInputError if the prompts of the samples or their decoders cannot be parsed."""
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
) -> Run:
    """Create a run and start its worker; raises BadInputError if the name is taken.

    is_queued: whether the worker waits for a free slot before it trains. published: split ->
    published loss of the same experiment, for the charts. launch_worker: starts the worker;
    `rnnlab.runs.launch.launch` if None.
    """
    if name is None:
        name = store.free_name(default_name(config))
    run = store.create(check_run_name(name), config.to_toml())
    try:
        copy_initial_weights(config, run)
        if published:
            replace_text(run.paths.published, json.dumps(dict(published)))
        (launch_worker or launch.launch)(run, is_queued=is_queued)
    except BaseException:
        store.remove(run)
        raise
    return run


def queue_recipe(
    recipe: Recipe,
    store: RunStore,
    data: Path | None = None,
    launch_worker: launch.Launch | None = None,
) -> list[str]:
    """Queue every run of a recipe and return the names of the queued runs.

    Runs that are finished, active or queued are skipped; runs that ended early are resumed. Raises
    BadInputError if there is no such corpus.
    """
    corpus = locate(recipe, None, data)
    queued = []
    for planned in plan(recipe, corpus, {}, None, data):
        config = checked_config(planned.values, data, store)
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


def find_run(store: RunStore, name: str, config: RunConfig) -> tuple[str, Run | None]:
    """Return the run `name`, `name-2`... that has these settings, or the first free name."""
    runs = {run.name: run for run in store}
    for number in itertools.count(1):
        numbered = name if number == 1 else f"{name}-{number}"
        run = runs.get(numbered)
        if run is None or (not run.is_shipped and _settings(run) == config):
            return numbered, run
    raise AssertionError("there is always a free name")


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
