"""The layers that give the settings of a run their values, and the settings that result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.recipes import Recipe
from rnnlab.settings.problems import Problem
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit._warm_start import Ancestor


class Source(StrEnum):
    """A layer that can give a setting its value; each layer overrides those below it."""

    COMMAND_LINE = "command line"
    """An option, or a field of the form."""
    ENVIRONMENT = "environment"
    CONFIG_FILE = "config file"
    RECIPE = "recipe"
    ANCESTOR = "ancestor"
    """The run of `init_from`. A layer above it with another value is a problem."""
    CORPUS = "corpus"
    VECTORS = "word vectors"
    DEFAULT = "default"


WRITTEN = (Source.COMMAND_LINE, Source.ENVIRONMENT, Source.CONFIG_FILE)
"""The layers that hold values of the user, not of a file that values name."""


@dataclass(frozen=True)
class Layers:
    """The layers that the user writes: setting -> value. None is the same as no value."""

    command_line: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    config_file: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | str | None = None
    """A recipe, or its name or file."""


class Setting(NamedTuple):
    """The value of one setting and the layer that gives it."""

    value: Any
    source: Source


@dataclass(frozen=True)
class Resolved:
    """The settings of a run."""

    config: RunConfig | None
    """None if there are problems or no corpus."""
    settings: Mapping[str, Setting]
    """Every setting. Without a corpus `corpus` is "", by default."""
    fallbacks: Mapping[str, Setting]
    """For the settings that the user writes: the value that each would have otherwise."""
    problems: tuple[Problem, ...]
    """In the order in which the command line reports them: it raises the first one."""
    recipe: Recipe | None
    ancestor: Ancestor | None

    @property
    def needs_corpus(self) -> bool:
        """Whether neither the user nor a recipe names a corpus."""
        return self.settings["corpus"].source is Source.DEFAULT

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that the user or the recipe sets; a new `resolve` of them gives the same."""
        above = (*WRITTEN, Source.RECIPE)
        return {
            name: setting.value
            for name, setting in self.settings.items()
            if setting.source in above
        }

    def valid_config(self) -> RunConfig:
        """Return the configuration; raises the first problem, or that there is no corpus."""
        first = self.problems[0] if self.problems else None
        if self.needs_corpus and (first is None or first.name != "recipe"):
            raise BadInputError(
                "missing argument CORPUS", "name a corpus, a text file, or --recipe NAME"
            )
        if first is not None:
            raise first.error
        assert self.config is not None
        return self.config
