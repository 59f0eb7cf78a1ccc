"""Train the runs of a recipe, then compare their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab import recipes
from rnnlab.cli._reproduce import Reproduction
from rnnlab.plots import Finding
from rnnlab.runs.history import read_history
from rnnlab.runs.store import RunStore


def inspect_recipe(
    name: str,
    store: RunStore,
    data: Path | None,
    file: Path | None,
    settings: Mapping[str, Any],
) -> tuple[int, list[Finding]]:
    """Train the runs; return the exit code and the findings on the runs trained so far.

    Interrupted runs are resumed; finished runs are not trained again. Raises BadInputError if the
    recipe, its corpus or a setting is invalid.
    """
    recipe = recipes.load(name)
    corpus = recipes.locate(recipe, file, data)
    planned = recipes.plan(recipe, corpus, settings, None, data)
    lines = tuple(recipes.overridden(recipe, settings, corpus))
    reproduction = Reproduction(recipe, store, data, lines)
    code = reproduction.carry_out(planned)
    from rnnlab.insight import Member, vanishing

    members = [
        Member(
            result.name,
            str(result.settings["cell"]),
            int(result.settings["layers"]),
            read_history(store.open(result.name).paths.journal),
        )
        for result in reproduction.report().results
    ]
    return code, [vanishing(members, recipe.name)] if members else []
