"""Plan the runs of a recipe; settings of the user override those of the recipe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.recipes._files import content_sha256, locate_vectors
from rnnlab.recipes._recipe import Recipe, combinations
from rnnlab.settings.run_config import RunConfig


@dataclass(frozen=True)
class PlannedRun:
    """One run of a recipe."""

    name: str
    """Name of the run, unless another run has this name already."""
    values: dict[str, Any]
    """Settings of the run, including the corpus."""
    chosen: frozenset[str] = frozenset()
    """Names of the settings that the user has chosen, not the recipe."""


def base_values(recipe: Recipe, settings: Mapping[str, Any], data: Path | None) -> dict[str, Any]:
    """Return the settings that a recipe gives to one run, without those that `settings` overrides.

    If the recipe has a grid, its first combination is used. Raise BadInputError if the file of word
    vectors is missing.
    """
    values: dict[str, Any] = {**recipe.settings, **next(combinations(recipe.grid))}
    if "embeddings" not in settings and (vectors := locate_vectors(recipe, data)):
        values["embeddings"] = vectors
    return {name: value for name, value in values.items() if name not in settings}


def plan(
    recipe: Recipe,
    file: Path,
    settings: Mapping[str, Any],
    name: str | None = None,
    data: Path | None = None,
) -> list[PlannedRun]:
    """Return the runs of a recipe on a corpus file, with validated settings.

    settings: settings of the user, which override those of the recipe and its grid; name: prefix of
    the runs' names, by default the recipe's name. Raise BadInputError if a setting is invalid.
    """
    base = {**base_values(recipe, settings, data), **settings, "corpus": str(file)}
    grid = {
        key: [settings[key]] if key in settings else values for key, values in recipe.grid.items()
    }
    runs = [
        PlannedRun((name or recipe.name) + _suffix(chosen), {**base, **chosen}, frozenset(settings))
        for chosen in combinations(grid)
    ]
    for run in runs:
        RunConfig.from_values(run.values)
    return runs


def overridden(recipe: Recipe, settings: Mapping[str, Any], file: Path) -> list[str]:
    """Return one line for each difference of the user's run from the recipe, in help order."""
    lines = []
    defaults = RunConfig.from_values({"corpus": recipe.corpus, **_plain(recipe)})
    for name in filter(settings.__contains__, RunConfig.model_fields):
        value = settings[name]
        if name in recipe.grid:
            in_recipe = ", ".join(map(_shown, recipe.grid[name]))
        elif name == "embeddings" and recipe.vectors:
            in_recipe = recipe.vectors.name
        else:
            in_recipe = _shown(getattr(defaults, name))
        if in_recipe != _shown(value):
            lines.append(f"changed here: {name} = {_shown(value)} (in the recipe: {in_recipe})")
    if recipe.sha256 and content_sha256(file) != recipe.sha256:
        lines.append(f"{file.name} is not the corpus of the recipe: its SHA-256 differs")
    return lines


def _plain(recipe: Recipe) -> dict[str, Any]:
    """Return the settings in the recipe's file, with the first combination of its grid."""
    return {**recipe.settings, **next(combinations(recipe.grid))}


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _suffix(chosen: Mapping[str, Any]) -> str:
    """Return the suffix of a run's name for a combination of the grid, such as `-x2-lr-0.1`."""
    return "".join(_part(name, value) for name, value in chosen.items())


def _part(name: str, value: object) -> str:
    if name == "layers":
        return "" if value == 1 else f"-x{value}"
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", _shown(value)).strip("-")
    if name == "cell":
        return f"-{text}"
    return f"-{name.replace('_', '-')}-{text}"
