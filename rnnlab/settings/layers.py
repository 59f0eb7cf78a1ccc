"""The layers in which the settings of a run get their values, and the resulting settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.recipes import Recipe
from rnnlab.settings.problems import Problem
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.warm_start import Ancestor


class Source(StrEnum):
    """A layer that can give a setting its value; each layer overrides the layers below it."""

    COMMAND_LINE = "command line"
    """An option, or a field of the form."""
    ENVIRONMENT = "environment"
    CONFIG_FILE = "config file"
    RECIPE = "recipe"
    ANCESTOR = "ancestor"
    """The run that `init_from` names. It is a problem if a layer above has another value."""
    CORPUS = "corpus"
    VECTORS = "word vectors"
    DEFAULT = "default"


WRITTEN = (Source.COMMAND_LINE, Source.ENVIRONMENT, Source.CONFIG_FILE)
"""The layers whose values the user writes; the values of all other layers follow from these."""


@dataclass(frozen=True)
class Layers:
    """The layers that the user writes: setting -> value. A setting with value None is not set."""

    command_line: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    config_file: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | str | None = None
    """A recipe, or its name, or the path of its file."""


class Setting(NamedTuple):
    """The value of one setting and the layer that gives it."""

    value: Any
    source: Source


@dataclass(frozen=True)
class Resolved:
    """The settings of a run that result from all layers, and their problems."""

    config: RunConfig | None
    """The configuration of the run; None if there are problems or no corpus."""
    settings: Mapping[str, Setting]
    """All settings. If no layer names a corpus, `corpus` is "" from the source DEFAULT."""
    fallbacks: Mapping[str, Setting]
    """For each setting that the user writes: the value that it would have otherwise."""
    problems: tuple[Problem, ...]
    """All problems; the command line raises the first one."""
    recipe: Recipe | None
    ancestor: Ancestor | None

    @property
    def needs_corpus(self) -> bool:
        """Whether neither the user nor a recipe names a corpus."""
        return self.settings["corpus"].source is Source.DEFAULT

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that the user or the recipe sets; they alone resolve to the same settings."""
        above = (*WRITTEN, Source.RECIPE)
        return {
            name: setting.value
            for name, setting in self.settings.items()
            if setting.source in above
        }

    def valid_config(self) -> RunConfig:
        """Return the configuration; raises BadInputError for the first problem or no corpus."""
        first = self.problems[0] if self.problems else None
        if self.needs_corpus and (first is None or first.name != "recipe"):
            raise BadInputError(
                "missing argument CORPUS", "name a corpus, a text file, or --recipe NAME"
            )
        if first is not None:
            raise first.error
        assert self.config is not None
        return self.config
