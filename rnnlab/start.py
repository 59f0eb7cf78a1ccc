"""Start a run: check everything first, leave nothing behind when something is wrong.

The command line and the form of the app both start runs here. Never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.config import RunConfig
from rnnlab.corpora import find_corpus, prepare, shown_name, suggested_task
from rnnlab.locations import shipped_folder
from rnnlab.runs.launch import launch
from rnnlab.runs.paths import check_run_name
from rnnlab.runs.store import Run, RunStore


def resolve(values: Mapping[str, Any], data: Path | None = None) -> RunConfig:
    """Return the settings of a run to be started, its corpus found and fit for them.

    The task, where it is left open, is the one the corpus is made for. Raises BadInputError.
    """
    values = dict(values)
    corpus = str(values.get("corpus", ""))
    file = find_corpus(corpus, data)
    values.setdefault("task", suggested_task(corpus))
    # A shipped corpus keeps its name, found wherever rnnlab is; any other one keeps its place.
    is_shipped = file.resolve() == (shipped_folder() / "data" / f"{file.stem}.txt").resolve()
    config = RunConfig.from_values(
        {**values, "corpus": file.stem if is_shipped else str(file.resolve())}
    )
    prepare(config)
    return config


def start_run(config: RunConfig, store: RunStore, name: str | None = None) -> Run:
    """Create a run and start its worker; raises BadInputError when the name is taken."""
    if name is None:
        name = store.free_name(default_name(config))
    run = store.create(check_run_name(name), config.to_toml())
    try:
        launch(run)
    except BaseException:
        store.remove(run)
        raise
    return run


def default_name(config: RunConfig) -> str:
    """Return a name that says what the run is."""
    corpus = "".join(c if c.isascii() and c.isalnum() else "-" for c in shown_name(config.corpus))
    depth = f"x{config.layers}" if config.layers > 1 else ""
    return f"{corpus.strip('-')[:24] or 'run'}-{config.cell}-{config.hidden}{depth}"
