"""From a recipe and what the user sets to the runs to be made."""

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
    """Name wished for."""
    values: dict[str, Any]
    """Settings, the corpus included."""


def base_values(recipe: Recipe, settings: Mapping[str, Any], data: Path | None) -> dict[str, Any]:
    """Return a recipe's settings for one run, those in `settings` left out; a grid gives its first.

    Raises BadInputError when the file of word vectors is not there.
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
    """Return the runs of a recipe on a corpus file, all valid.

    settings: override the recipe's; a setting of the grid replaces its values in the grid.
    name: what the runs are called after, instead of the recipe. Raises BadInputError.
    """
    base = {**base_values(recipe, settings, data), **settings, "corpus": str(file)}
    grid = {key: [settings[key]] if key in settings else on for key, on in recipe.grid.items()}
    runs = [
        PlannedRun((name or recipe.name) + _suffix(chosen), {**base, **chosen})
        for chosen in combinations(grid)
    ]
    for run in runs:
        RunConfig.from_values(run.values)
    return runs


def overridden(recipe: Recipe, settings: Mapping[str, Any], file: Path) -> list[str]:
    """Return a line for everything that the user has set otherwise than the recipe."""
    lines = []
    defaults = RunConfig.from_values({"corpus": recipe.corpus, **_plain(recipe)})
    for name, value in settings.items():
        if name in recipe.grid:
            usual = ", ".join(_shown(one) for one in recipe.grid[name])
        elif name == "embeddings" and recipe.vectors:
            usual = recipe.vectors.name
        else:
            usual = _shown(getattr(defaults, name))
        if usual != _shown(value):
            lines.append(f"set here: {name} = {_shown(value)} (the recipe: {usual})")
    if recipe.sha256 and content_sha256(file) != recipe.sha256:
        lines.append(f"{file.name} is another text than the recipe's (its SHA-256 differs)")
    return lines


def _plain(recipe: Recipe) -> dict[str, Any]:
    """Return the settings as they stand in the file, a grid's first values among them."""
    return {**recipe.settings, **next(combinations(recipe.grid))}


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _suffix(chosen: Mapping[str, Any]) -> str:
    """Return what tells a run of a grid from the others: `-x2` for two layers, `-lr-0.1`."""
    return "".join(_part(name, value) for name, value in chosen.items())


def _part(name: str, value: object) -> str:
    if name == "layers":
        return "" if value == 1 else f"-x{value}"
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", _shown(value)).strip("-")
    if name == "cell":
        return f"-{text}"
    return f"-{name.replace('_', '-')}-{text}"
