"""Resolve the settings of a run: their values, the layer of each value, and all problems.

The command line and the form both use `resolve`, so both start the same run. It is quick enough for
every key press, because it neither reads nor generates a corpus. Never imports torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_args

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.base.files import real_path
from rnnlab.base.locations import data_folder
from rnnlab.corpora import Errors, suits, vectors_width
from rnnlab.recipes import Recipe, base_values, load, locate
from rnnlab.recipes import names as recipe_names
from rnnlab.runs.store import RunStore
from rnnlab.settings.defaults import dependent_defaults
from rnnlab.settings.problems import Problem
from rnnlab.settings.run_config import RunConfig, validate
from rnnlab.settings.values import parse_setting
from rnnlab.submit._layers import WRITTEN, Layers, Resolved, Setting, Source
from rnnlab.submit._warm_start import Ancestor, conflicts, find_ancestor, inherited_settings

P = ParamSpec("P")
T = TypeVar("T")

_RATE_SETTINGS = {"lr", "schedule", "optimizer", "init_from"}
"""If one of these is set, no default of the corpus for any of them is used: they belong together.
"""
_MAX_SIMILAR = 3
"""Maximum number of similar recipes that a problem names."""


def resolve(layers: Layers, data: Path | None = None, store: RunStore | None = None) -> Resolved:
    """Return every setting with its source, and all problems.

    data: folder of corpora. store: runs among which `init_from` is looked up. Both have the
    defaults of the command line.
    """
    return _Resolver(layers, data, store).resolved()


class _Resolver:
    """Adds layers from the top down: the upper layers name what the lower layers are read from."""

    def __init__(self, layers: Layers, data: Path | None, store: RunStore | None) -> None:
        self._data = data
        self._store = store
        self._problems: dict[str, Problem] = {}
        self._vectors_file: Path | None = None
        self._recipe = self._load_recipe(layers.recipe)
        self._stack: dict[Source, Mapping[str, Any]] = {
            Source.COMMAND_LINE: self._without_empty(layers.command_line),
            Source.ENVIRONMENT: self._without_empty(layers.environment),
            Source.CONFIG_FILE: self._without_empty(layers.config_file),
        }

    def resolved(self) -> Resolved:
        if self._recipe is not None:
            self._stack[Source.RECIPE] = self._recipe_layer(self._recipe)
        chosen = self._merged()
        ancestor = None
        if (init_from := chosen.get("init_from")) is not None:
            store = self._store or RunStore.default()
            ancestor = self._try("init_from", find_ancestor, str(init_from.value), store)
        corpus_layer = self._corpus_layer(chosen)
        if ancestor is not None:
            self._stack[Source.ANCESTOR] = self._ancestor_layer(ancestor, chosen, corpus_layer)
        self._stack[Source.CORPUS] = corpus_layer
        if isinstance(vectors := _value(chosen, "embeddings"), str):
            self._stack[Source.VECTORS] = self._vectors_layer(vectors, chosen)
        merged = self._merged()
        config = self._validate(merged, ancestor)
        return Resolved(
            config=config if "corpus" in merged else None,
            settings=_with_defaults(merged, config),
            fallbacks={
                name: self._fallback(name)
                for name, setting in merged.items()
                if setting.source in WRITTEN and name in RunConfig.model_fields
            },
            problems=tuple(self._problems.values()),
            recipe=self._recipe,
            ancestor=ancestor,
        )

    def _load_recipe(self, recipe: Recipe | str | None) -> Recipe | None:
        if not isinstance(recipe, str):
            return recipe
        try:
            return load(recipe)
        except UnknownNameError as error:
            self._add(Problem("recipe", _unknown_recipe(recipe), error))
        except BadInputError as error:
            self._add(Problem.of("recipe", error))
        return None

    def _without_empty(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that are not None; omit an empty `corpus` if a recipe is given."""
        return {
            name: value
            for name, value in values.items()
            if value is not None and not (name == "corpus" and value == "" and self._recipe)
        }

    def _recipe_layer(self, recipe: Recipe) -> dict[str, Any]:
        chosen = self._merged()
        corpus: Path | str | None = recipe.corpus
        if "corpus" not in chosen:
            corpus = self._try("corpus", locate, recipe, None, self._data) or recipe.corpus
        has_vectors = {"embeddings"} & chosen.keys()
        values = self._try(
            "embeddings", base_values, recipe, dict.fromkeys(has_vectors), self._data
        )
        return {**(recipe.settings if values is None else values), "corpus": str(corpus)}

    def _corpus_layer(self, chosen: Mapping[str, Setting]) -> dict[str, Any]:
        corpus = _value(chosen, "corpus")
        if corpus is None or "corpus" in self._problems:
            return {}
        return self._try("corpus", suits, str(corpus), self._data) or {}

    def _ancestor_layer(
        self, ancestor: Ancestor, chosen: Mapping[str, Setting], suited: Mapping[str, Any]
    ) -> dict[str, Any]:
        inherited = self._try("init_from", inherited_settings, ancestor)
        if inherited is None:
            return {}
        values = {name: setting.value for name, setting in chosen.items()}
        if suited.get("task") == "classify":  # a table of documents cannot be read as a stream
            values.setdefault("task", "classify")
        for problem in conflicts(values, inherited, ancestor):
            self._add(problem)
        return inherited

    def _vectors_layer(self, vectors: str, chosen: Mapping[str, Setting]) -> dict[str, Any]:
        if "embeddings" in self._problems:
            return {}
        file = self._try("embeddings", find_vectors, vectors, self._data)
        treatment = _value(chosen, "errors")
        errors: Errors = treatment if treatment in get_args(Errors) else "strict"
        width = self._try("embeddings", vectors_width, file, errors) if file is not None else None
        self._vectors_file = file
        return {} if width is None else {"embedding": width, "frozen": True}

    def _validate(
        self, merged: Mapping[str, Setting], ancestor: Ancestor | None
    ) -> RunConfig | None:
        """Return the configuration; None if there are problems. Adds problems with the values."""
        values = {"corpus": "any", **{name: setting.value for name, setting in merged.items()}}
        if self._vectors_file is not None:
            values["embeddings"] = str(self._vectors_file)
        if ancestor is not None:
            values["init_from"] = ancestor.text
        config, problems = validate(values)
        for problem in problems:
            # A nameless problem concerns several settings; another problem may be its cause.
            if problem.name or not self._problems:
                self._add(problem)
        return None if self._problems else config

    def _merged(self, without: str = "") -> dict[str, Setting]:
        """Return the merged layers; without: a setting to ignore in the layers of the user."""
        merged: dict[str, Setting] = {}
        for source in Source:
            is_corpus = source is Source.CORPUS
            ignored: set[str] = (
                _RATE_SETTINGS if is_corpus and _RATE_SETTINGS & merged.keys() else set()
            )
            for name, value in self._stack.get(source, {}).items():
                if name not in ignored and not (name == without and source in WRITTEN):
                    merged.setdefault(name, Setting(value, source))
        return merged

    def _fallback(self, name: str) -> Setting:
        return _with_defaults(self._merged(without=name), None, [name])[name]

    def _add(self, problem: Problem) -> None:
        self._problems.setdefault(problem.name, problem)

    def _try(
        self, name: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Return the result; None after a BadInputError, which becomes a problem of `name`."""
        try:
            return function(*args, **kwargs)
        except BadInputError as error:
            self._add(Problem.of(name, error))
            return None


def find_vectors(vectors: str, data: Path | None = None) -> Path:
    """Return the file of word vectors: a path, or a name in the data folder.

    Raises BadInputError if there is none.
    """
    try:
        file = Path(vectors).expanduser()
        if file.is_file():
            return real_path(file)
        if file.name == vectors:
            for ending in ("", ".txt", ".txt.gz"):
                file = data_folder(data) / f"{vectors}{ending}"
                if file.is_file():
                    return real_path(file)
    except (OSError, RuntimeError, ValueError):
        pass
    raise BadInputError(
        f"no file of word vectors named {vectors!r}",
        "give the path of such a file, or get one with `rnnlab corpora fetch glove`",
    )


def _with_defaults(
    merged: Mapping[str, Setting],
    config: RunConfig | None,
    names: Iterable[str] = RunConfig.model_fields,
) -> dict[str, Setting]:
    """Return settings with their defaults; values come from `config` if there is one."""
    values = {name: setting.value for name, setting in merged.items()}
    defaults = {"corpus": ""} | dependent_defaults(values)
    settings = {}
    for name in names:
        if name in merged:
            value, source = merged[name]
            if config is None or name == "corpus":
                value = parse_setting(name, value)
            else:
                value = getattr(config, name)
        else:
            field_default = RunConfig.model_fields[name].default
            value, source = defaults.get(name, field_default), Source.DEFAULT
        settings[name] = Setting(value, source)
    return settings


def _value(settings: Mapping[str, Setting], name: str) -> Any:
    return settings[name].value if name in settings else None


def _unknown_recipe(name: str) -> str:
    known = recipe_names()
    similar = [recipe for recipe in known if name in recipe]
    close = difflib.get_close_matches(name, known, _MAX_SIMILAR)
    similar += [recipe for recipe in close if recipe not in similar]
    hint = f"similar: {', '.join(similar[:_MAX_SIMILAR])}" if similar else "press enter for a list"
    return f"no recipe {name!r}; {hint}"
