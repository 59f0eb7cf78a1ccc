"""A run that is being thought of: what is written of it, what holds beside, and what is wrong.

The form writes it; a run is started from it as `rnnlab train` would. It knows no widget.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.base.locations import checkpoints_folder
from rnnlab.corpora import suits, vectors_width
from rnnlab.recipes import Recipe, base_values, begun_with, load, locate
from rnnlab.recipes import names as recipe_names
from rnnlab.runs.launch import Launch
from rnnlab.runs.paths import check_run_name
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig, written_problems
from rnnlab.settings.warm_start import find_ancestor, typed
from rnnlab.submit import beside, find_vectors, resolve, start_run

_MOST_NEAR = 3
_WRITTEN_OUT = 1e15
"""Whole numbers from here on are written with an exponent."""
_SWITCHES = {name for name, field in RunConfig.model_fields.items() if field.annotation is bool}


@dataclass(frozen=True)
class Draft:
    """A form as it is written, read."""

    written: Mapping[str, str]
    """Texts by field: the settings, and `recipe` and `name`; none of them is empty."""
    store: RunStore
    data: Path | None
    recipe: Recipe | None
    values: Mapping[str, Any]
    """The settings that are written, as values where they can be read."""
    holds: Mapping[str, str]
    """What holds where nothing is written: of the recipe, corpus, word vectors, or the default."""
    problems: Mapping[str, str]
    """What is wrong, by field; what does not go together stands under ""."""

    @property
    def faulty(self) -> str | None:
        """The first field that has to be mended; None where the run may be tried."""
        return next((name for name in self.problems if name), None)

    def is_changed(self, name: str) -> bool:
        """Tell whether a field says something else than would hold without it."""
        return name in self.values and as_text(self.values[name]) != self.holds[name]

    def settings(self) -> dict[str, Any]:
        """Return the settings of the run, corpus included; raises BadInputError without one."""
        if self.recipe is not None:
            return begun_with(self.recipe, self.values, self.data)
        if "corpus" not in self.values:
            raise BadInputError("which text?", "write a corpus or the path of a text file")
        return dict(self.values)

    def command(self) -> str:
        """Return the command line that trains the same run."""
        given = dict(self.values)
        corpus = str(given.pop("corpus", "" if self.recipe else "CORPUS"))
        folders = {"data": self.data}
        if self.store.root.resolve() != checkpoints_folder().resolve():
            folders["checkpoints"] = self.store.root
        named = {key: self.written[key] for key in ("recipe", "name") if key in self.written}
        options = [
            option
            for name, value in {**named, **given, **folders}.items()
            if value is not None
            for option in _option(name, value)
        ]
        before = [corpus] if corpus and not corpus.startswith("-") else []
        behind = ["--", corpus] if corpus.startswith("-") else []
        return shlex.join(["rnnlab", "train", *before, *options, *behind])

    def start(self, *, is_queued: bool, launch_worker: Launch | None = None) -> str:
        """Start the run and return its name; slow: the text is read. Raises BadInputError."""
        if self.faulty is not None:
            raise BadInputError(f"{self.faulty}: {self.problems[self.faulty]}")
        config = resolve(self.settings(), self.data, self.store)
        published = self.recipe.published_losses if self.recipe else {}
        run = start_run(
            config, self.store, self.written.get("name"),
            is_queued=is_queued, published=published, launch_worker=launch_worker,
        )  # fmt: skip
        return run.name


def read_draft(written: Mapping[str, str], store: RunStore, data: Path | None = None) -> Draft:
    """Read what is written: quick enough for every key, so no text is read and none is made."""
    written = {name: text.strip() for name, text in written.items() if text.strip()}
    settings = {name: text for name, text in written.items() if name in RunConfig.model_fields}
    problems: dict[str, str] = {}
    recipe, base = _recipe(written, settings, data, problems)
    begun = {**base, **settings}
    fit = {
        **_fit_for_vectors(begun.get("embeddings"), data, problems),
        **_fit(begun.get("corpus"), data, problems),
    }
    suited = beside(begun, fit)
    fields = {name: value for name, value in begun.items() if name != "corpus"}
    problems |= written_problems({**suited, **fields})
    _check_names(written, store, problems)
    if "init_from" in settings or problems.keys() - {""}:
        problems.pop("", None)  # what is taken over, or still to be mended, may make it fit
    usual = _config({**beside(base, fit), **base}) or RunConfig(corpus="any")
    whole = _config({**suited, **begun})
    holds = _texts(usual)
    if whole is not None:
        holds |= {name: text for name, text in _texts(whole).items() if name not in settings}
    holds["corpus"] = str(base.get("corpus", ""))
    values = {name: typed(name, text) for name, text in settings.items()}
    return Draft(written, store, data, recipe, values, holds, problems)


def as_text(value: object) -> str:
    """Return a setting as it is written into a field; "" for none."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _WRITTEN_OUT:
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _recipe(
    written: Mapping[str, str],
    settings: Mapping[str, str],
    data: Path | None,
    problems: dict[str, str],
) -> tuple[Recipe | None, dict[str, Any]]:
    """Return the recipe that is named and what it sets; what it lacks is a problem."""
    name = written.get("recipe")
    if name is None:
        return None, {}
    try:
        recipe = load(name)
    except UnknownNameError:
        problems["recipe"] = _unknown_recipe(name)
        return None, {}
    except BadInputError as error:
        problems["recipe"] = str(error)
        return None, {}
    base: dict[str, Any] = {"corpus": recipe.corpus}
    try:
        own = {name: text for name, text in settings.items() if name == "embeddings"}
        base |= base_values(recipe, own, data)
    except BadInputError as error:
        problems["embeddings"] = str(error)
        base |= recipe.settings
    if "corpus" not in settings:
        try:
            base["corpus"] = str(locate(recipe, None, data))
        except BadInputError as error:
            problems["corpus"] = str(error)
    return recipe, base


def _unknown_recipe(name: str) -> str:
    known = recipe_names()
    near = [one for one in known if name in one]
    near += [one for one in difflib.get_close_matches(name, known, _MOST_NEAR) if one not in near]
    hint = f"near it: {', '.join(near[:_MOST_NEAR])}" if near else "enter lists them"
    return f"no recipe {name!r}; {hint}"


def _fit(corpus: str | None, data: Path | None, problems: dict[str, str]) -> dict[str, Any]:
    """Return what suits the corpus; that there is none of its name is a problem."""
    if corpus is None or "corpus" in problems:
        return {}
    try:
        return suits(corpus, data)
    except BadInputError as error:
        problems["corpus"] = str(error)
        return {}


def _fit_for_vectors(
    vectors: str | None, data: Path | None, problems: dict[str, str]
) -> dict[str, Any]:
    """Return what suits the word vectors; that there are none of their name is a problem."""
    if vectors is None or "embeddings" in problems:
        return {}
    try:
        return {"embedding": vectors_width(find_vectors(vectors, data))}
    except BadInputError as error:
        problems["embeddings"] = str(error)
        return {}


def _check_names(written: Mapping[str, str], store: RunStore, problems: dict[str, str]) -> None:
    """Look for the run that is begun with, and whether the run's own name is free."""
    try:
        if "init_from" in written:
            find_ancestor(written["init_from"], store)
    except BadInputError as error:
        problems["init_from"] = str(error)
    name = written.get("name")
    if name is None:
        return
    try:
        if store.is_shipped_name(name):
            problems["name"] = f"{name!r} is a run shipped with rnnlab; choose another name"
        elif (store.root / check_run_name(name)).exists():
            problems["name"] = f"a run named {name!r} is there already; choose another name"
    except BadInputError as error:
        problems["name"] = str(error)


def _config(values: Mapping[str, Any]) -> RunConfig | None:
    """Return the settings that these make; None where something is wrong with them."""
    try:
        return RunConfig.model_validate({"corpus": "any", **values})
    except (ValidationError, BadInputError):
        return None


def _texts(config: RunConfig) -> dict[str, str]:
    return {name: as_text(getattr(config, name)) for name in RunConfig.model_fields}


def _option(name: str, value: object) -> list[str]:
    """Return an option with its value; a switch has none."""
    flag = "--" + name.replace("_", "-")
    if name in _SWITCHES and isinstance(value, bool):
        return [flag if value else f"--no{flag[1:]}"]
    text = as_text(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]
