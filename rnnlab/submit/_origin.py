"""The sources of a run's settings: recorded at its start, and turned back into a command."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.recipes import names as recipe_names
from rnnlab.runs.origin import Origin
from rnnlab.settings.command_line import train_command
from rnnlab.settings.defaults import dependent_defaults
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit._layers import WRITTEN, Resolved, Source

SET = "set"
"""Source of a value that differs from the default, in a run whose sources were not recorded."""


class WrittenSettings(NamedTuple):
    """What a user has to write to get the settings of a run again."""

    recipe: str
    """Name or file of the recipe; empty for none."""
    settings: dict[str, Any]
    """Setting -> value, with the corpus first."""

    def command(self, name: str) -> str:
        """Return the command that trains a run of that name with these settings."""
        return train_command(self.settings, recipe=self.recipe or None, name=name)


def origin_of(
    resolved: Resolved, recipe: str | None = None, chosen: Collection[str] | None = None
) -> Origin:
    """Return the origin of a run with these settings.

    recipe: the recipe as the user has named it. chosen: names of the settings that the user wrote,
    if the command line of `resolved` also holds those of a recipe; None for all.
    """
    sources = {
        name: str(setting.source)
        for name, setting in resolved.settings.items()
        if setting.source is not Source.DEFAULT
    }
    if chosen is not None:
        written = str(Source.COMMAND_LINE)
        sources |= {
            name: str(Source.RECIPE)
            for name, source in sources.items()
            if source == written and name not in chosen
        }
    is_file = bool(recipe) and recipe not in recipe_names()
    return Origin(sources, str(Path(recipe).absolute()) if recipe and is_file else recipe or "")


def source_of(name: str, values: Mapping[str, Any], origin: Origin | None) -> str:
    """Return the source of a setting; values: all settings of the run.

    Without a recorded origin, it is "default" for the default, otherwise "set".
    """
    if origin is not None and name in origin.sources:
        return origin.sources[name]
    is_default = values.get(name) == _default_of(name, values)
    return str(Source.DEFAULT) if is_default else SET


def written_settings(values: Mapping[str, Any], origin: Origin | None) -> WrittenSettings:
    """Return the settings to write for another run like this one, in the order of the form.

    values: all settings of the run. Values of the corpus, of the ancestor and of the word vectors
    are left out, because they follow from the others; values of a recipe that is not recorded by
    name are written.
    """
    sources = {*map(str, WRITTEN), SET}
    if origin is None or not origin.recipe:
        sources.add(str(Source.RECIPE))
    names = ["corpus", *(name for name in RunConfig.model_fields if name != "corpus")]
    has_recipe = origin is not None and bool(origin.recipe)
    return WrittenSettings(
        origin.recipe if origin is not None else "",
        {
            name: values[name]
            for name in names
            if name in values
            and (
                source_of(name, values, origin) in sources or (name == "corpus" and not has_recipe)
            )
        },
    )


def _default_of(name: str, values: Mapping[str, Any]) -> Any:
    """Return the default that a setting has among the other settings; None for no default."""
    field = RunConfig.model_fields.get(name)
    if field is None or field.is_required():
        return None
    others = {other: value for other, value in values.items() if other != name}
    return dependent_defaults(others).get(name, field.default)
