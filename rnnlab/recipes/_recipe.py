"""The format of a recipe's TOML file, validated by pydantic."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.base.names import did_you_mean
from rnnlab.base.toml_files import read_toml
from rnnlab.runs.paths import Pointer
from rnnlab.settings.run_config import RunConfig

_FOLDER = Path(__file__).parent
_MAX_RUNS = 64
"""Maximum number of runs of a grid; a larger grid is probably a mistake."""

Quantity = Literal["train_running", "seconds_to", "seconds", "loss", "accuracy", "f1"]
_FROM_JOURNAL = ("train_running", "seconds_to", "seconds")
"""Figures that are read from the journal; the others are measured on a split."""
SplitName = Literal["train", "val", "test"]


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class Measure(_Table):
    """One figure of each run, with its published value."""

    name: str = Field(min_length=1)
    """Name of the figure in the table of results."""
    what: Quantity
    """train_running: mean training loss of the last epoch. seconds_to: training time until the mean
    training loss of an epoch reached `threshold`. seconds: training time of the whole run. The
    others: an evaluation on `split`."""
    threshold: float | None = Field(None, gt=0)
    """For `seconds_to`: the mean training loss that an epoch must reach."""
    split: SplitName | None = None
    """For loss, accuracy and f1: the split of the corpus to evaluate (train, val or test)."""
    checkpoint: Pointer = "last"
    """Weights to evaluate: the last weights, or those with the best validation loss."""
    published: float | str | None = None
    """Published value: a number, or text such as "about 1.2"."""
    reference: float | None = Field(None, gt=0)
    """The number that a result is compared with if `published` is text."""
    goal: float | None = None
    """Bound to reach: an upper bound for losses and times, a lower bound for accuracy and f1."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.what in _FROM_JOURNAL) != (self.split is None):
            raise ValueError(
                f"{self.what} is a figure of the training itself; remove the split"
                if self.split
                else f"{self.what} needs a split: train, val or test"
            )
        if (self.what == "seconds_to") != (self.threshold is not None):
            raise ValueError("seconds_to needs a threshold, and other figures must not have one")
        return self

    @property
    def is_loss(self) -> bool:
        """Whether a smaller figure is better, as for a loss or a time."""
        return self.what in (*_FROM_JOURNAL, "loss")

    @property
    def compared_with(self) -> float | None:
        """The published figure as a number; None if no number is published."""
        return self.published if isinstance(self.published, float) else self.reference

    def ratio(self, ours: float | None) -> float | None:
        """Return our figure divided by the published figure; None if either is missing."""
        reference = self.compared_with
        return ours / reference if ours is not None and reference else None

    def is_met(self, ours: float | None) -> bool | None:
        """Return True if the goal is met; None if there is no goal."""
        if self.goal is None:
            return None
        if ours is None:
            return False
        return ours <= self.goal if self.is_loss else ours >= self.goal


class Reached(_Table):
    """Results that one run of the recipe has reached."""

    run: str = ""
    """Name of the run, if the recipe has several runs."""
    figures: dict[str, float]
    """Figures of the run, by the name of the measure."""
    seconds: float = Field(gt=0)
    """Training time in seconds."""
    machine: str
    """Class of the machine, such as "2 cores"."""
    command: str
    """Command line that gave these results."""


class Vectors(_Table):
    """The file of word vectors that a recipe needs."""

    name: str = Field(min_length=1)
    """File name in the data folder; the file may also have the suffix `.gz`."""
    get: str = Field(min_length=1)
    """How to get the file, in one line."""


class Recipe(_Table):
    """One experiment: its settings, the figures to measure, and their published values."""

    name: str
    """The file's name without its suffix."""
    about: str = Field(min_length=1)
    """Description in one line."""
    corpus: str = Field(min_length=1)
    """Name of the corpus in the data folder."""
    save_as: str = ""
    """File name of the corpus in the data folder; by default the corpus's name and `.txt`."""
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the corpus file's content, after unpacking."""
    get: str = ""
    """How to get the corpus, in one line."""
    vectors: Vectors | None = None
    """Word vectors, which become the setting `embeddings`."""
    settings: dict[str, Any]
    """Settings of the run."""
    grid: dict[str, list[Any]] = {}
    """Settings with several values; the recipe has one run for each combination of them."""
    measures: tuple[Measure, ...] = Field(min_length=1)
    """The figures to measure of each run."""
    layers_report: bool = False
    """Whether to show the gradient norm of each layer over the epochs."""
    differs: tuple[str, ...] = ()
    """Differences from the published experiment, with reasons."""
    reached: tuple[Reached, ...] = ()
    """Results that runs of this recipe have reached, to compare with."""

    @property
    def published_losses(self) -> dict[str, float]:
        """Published losses in nats per token, by split: `train`, `val` or `test`."""
        losses: dict[str, float] = {}
        for measure in self.measures:
            if measure.what in ("train_running", "loss") and measure.compared_with is not None:
                losses.setdefault(measure.split or "train", measure.compared_with)
        return losses

    @property
    def file_name(self) -> str:
        """File name of the corpus in the data folder."""
        return self.save_as or f"{self.corpus}.txt"

    @field_validator("reached", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        names = [measure.name for measure in self.measures]
        if len(set(names)) < len(names):
            raise ValueError("two measures have the same name")
        for reached in self.reached:
            for name in reached.figures:
                if name not in names:
                    raise ValueError(f"reached: there is no measure {name!r}")
        for name, values in self.grid.items():
            if name in self.settings:
                raise ValueError(f"{name!r} is both in the settings and in the grid; remove one")
            if not values:
                raise ValueError(f"grid: {name!r} has no values")
        if sum(1 for _ in itertools.islice(combinations(self.grid), _MAX_RUNS + 1)) > _MAX_RUNS:
            raise ValueError(f"the grid has more than {_MAX_RUNS} combinations; remove values")
        return self


def combinations(grid: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield every combination of a grid's values; the last setting changes fastest."""
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def names() -> tuple[str, ...]:
    """Return the names of the shipped recipes, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def load(name: str) -> Recipe:
    """Return a recipe by its name or by the path of its TOML file.

    Raise UnknownNameError for an unknown name, BadInputError with file and key for an invalid file.
    """
    if name in names():
        return _read(_FOLDER / f"{name}.toml", f"{name}.toml")
    if name.endswith(".toml") or "/" in name:
        return _read(Path(name), name)
    raise UnknownNameError("recipe", name, names())


def _read(file: Path, shown: str) -> Recipe:
    values = read_toml(file, is_named=True)
    if "name" in values:
        raise BadInputError(
            f"{shown}: unknown key 'name'", "rename the file: its name is the name of the recipe"
        )
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip("._-") or "recipe"
    try:
        recipe = Recipe.model_validate({**values, "name": name[:48]})
    except ValidationError as error:
        raise BadInputError(f"{shown}: {_first_problem(error)}") from None
    _check_settings(recipe, shown)
    return recipe


def _check_settings(recipe: Recipe, shown: str) -> None:
    named_above = {"corpus"} | ({"embeddings"} if recipe.vectors else set())
    for key in sorted(named_above & {*recipe.settings, *recipe.grid}):
        raise BadInputError(
            f"{shown}: {key!r} is not a setting of a recipe",
            "set `corpus` or `vectors` at the top of the file",
        )
    vectors = {"embeddings": recipe.vectors.name} if recipe.vectors else {}
    for values in combinations(recipe.grid):
        RunConfig.from_values(
            {"corpus": recipe.corpus, **vectors, **recipe.settings, **values}, shown
        )


def _first_problem(error: ValidationError) -> str:
    # Report an unknown key first: if a key is misspelled, the right key is reported as missing.
    first = min(error.errors(), key=lambda details: details["type"] != "extra_forbidden")
    is_unknown = first["type"] == "extra_forbidden"
    # Pydantic adds the names of a union's types to the location; drop them.
    loc = [part for part in first["loc"] if is_unknown or part not in ("float", "str")]
    message = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "value_error":
        return f"{_place(loc)}{message}"
    *where, key = loc
    if is_unknown:
        hint = did_you_mean(str(key), _table_at(where).model_fields)
        return f"{_place(where)}unknown key {key!r}{f'; {hint}' if hint else ''}"
    if first["type"] == "missing":
        return f"{_place(where)}the key {key!r} is missing"
    return f"{_place(where)}{key} = {str(first['input'])[:60]!r}: {message}"


def _place(loc: list[int | str]) -> str:
    """Return a location in the file as the beginning of an error message: "measures 2: "."""
    shown = " ".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return f"{shown}: " if shown else ""


def _table_at(where: list[int | str]) -> type[BaseModel]:
    """Return the pydantic model of the table at a location; its fields are the known keys."""
    table: type[BaseModel] = Recipe
    for part in where:
        if isinstance(part, str) and part in table.model_fields:
            table = _table_in(table.model_fields[part].annotation) or table
    return table


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    tables = (_table_in(part) for part in get_args(annotation))
    return next((table for table in tables if table), None)
