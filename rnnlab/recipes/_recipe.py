"""What a recipe's TOML file holds, checked on reading."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.base.names import did_you_mean
from rnnlab.settings.run_config import RunConfig, read_toml

_FOLDER = Path(__file__).parent
_MAX_RUNS = 64
"""Runs of a grid; more is a slip of the pen."""

Quantity = Literal["train_running", "seconds_to", "seconds", "loss", "accuracy", "f1"]
_OF_THE_COURSE = ("train_running", "seconds_to", "seconds")
"""Figures that the journal holds; the others are measured on a split."""
SplitName = Literal["train", "val", "test"]


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class Measure(_Table):
    """One figure of each run, and what it is set beside."""

    name: str = Field(min_length=1)
    """What the figure is called in the table."""
    what: Quantity
    """Mean training loss of the last epoch as it ran; training time until it had come down to
    `threshold`, or of the whole run; or a measurement of a split."""
    threshold: float | None = Field(None, gt=0)
    """Training loss, mean over an epoch as it ran, that `seconds_to` waits for."""
    split: SplitName | None = None
    """Part of the corpus that is measured: train, val or test (of a loss, accuracy or f1)."""
    checkpoint: Literal["last", "best"] = "last"
    """Weights that are measured: the last ones, or those of the best validation."""
    published: float | str | None = None
    """What was published: a number, or words such as "about 1.2"."""
    reference: float | None = Field(None, gt=0)
    """Number that the ratio is taken to where `published` is words."""
    goal: float | None = None
    """Bound to be reached: from above for a loss, from below for accuracy and f1."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.what in _OF_THE_COURSE) != (self.split is None):
            raise ValueError(
                f"{self.what} is of the training as it ran: it takes no split"
                if self.split
                else f"{self.what} needs a split: train, val or test"
            )
        if (self.what == "seconds_to") != (self.threshold is not None):
            raise ValueError("seconds_to, and nothing else, needs a threshold")
        return self

    @property
    def is_loss(self) -> bool:
        """Whether less is better."""
        return self.what in (*_OF_THE_COURSE, "loss")

    @property
    def compared_with(self) -> float | None:
        """The published figure as a number; None where there is none."""
        return self.published if isinstance(self.published, float) else self.reference

    def ratio(self, ours: float | None) -> float | None:
        """Return our figure over the published one, where that is a number."""
        to = self.compared_with
        return ours / to if ours is not None and to else None

    def is_met(self, ours: float | None) -> bool | None:
        """Tell whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        if ours is None:
            return False
        return ours <= self.goal if self.is_loss else ours >= self.goal


class Reached(_Table):
    """What one run of the recipe has given before."""

    run: str = ""
    """Name of the run, where the recipe has several."""
    figures: dict[str, float]
    """Figure by the measure's name."""
    seconds: float = Field(gt=0)
    """Training time."""
    machine: str
    """Class of the machine, such as "2 cores"."""
    command: str
    """Command line that gave it."""


class Vectors(_Table):
    """File of word vectors that a recipe begins with."""

    name: str = Field(min_length=1)
    """Its name in the data folder; one with `.gz` behind it will do."""
    get: str = Field(min_length=1)
    """Where to get it, in one line."""


class Recipe(_Table):
    """One experiment."""

    name: str
    """The file's name without its ending."""
    about: str = Field(min_length=1)
    """What it is, in one line."""
    corpus: str = Field(min_length=1)
    """Name of the corpus in the data folder."""
    save_as: str = ""
    """Name of the corpus's file in the data folder; by default the corpus's name and `.txt`."""
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the corpus file's content, unpacked where it is gzipped."""
    get: str = ""
    """Where to get the corpus, in one line."""
    vectors: Vectors | None = None
    """Word vectors, which become the setting `embeddings`."""
    settings: dict[str, Any]
    """Settings of the run."""
    grid: dict[str, list[Any]] = {}
    """Settings with several values: one run for each combination."""
    measures: tuple[Measure, ...] = Field(min_length=1)
    """Figures that are measured of each run."""
    layers_report: bool = False
    """Whether the gradient norm of each layer over the epochs is shown."""
    differs: tuple[str, ...] = ()
    """What differs from the published experiment, and why."""
    reached: tuple[Reached, ...] = ()
    """What it has given before."""

    @property
    def published_losses(self) -> dict[str, float]:
        """Losses that were published, in nats a token: of `train`, `val` or `test`."""
        found: dict[str, float] = {}
        for measure in self.measures:
            if measure.what in ("train_running", "loss") and measure.compared_with is not None:
                found.setdefault(measure.split or "train", measure.compared_with)
        return found

    @property
    def file_name(self) -> str:
        """Name of the corpus's file in the data folder."""
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
                raise ValueError(f"{name!r} is a setting and in the grid")
            if not values:
                raise ValueError(f"grid: {name!r} has no values")
        if sum(1 for _ in itertools.islice(combinations(self.grid), _MAX_RUNS + 1)) > _MAX_RUNS:
            raise ValueError(f"the grid makes more than {_MAX_RUNS} runs")
        return self


def combinations(grid: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Give every combination of a grid's values, the last setting changing fastest."""
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def names() -> tuple[str, ...]:
    """Return the names of the shipped recipes, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def load(name: str) -> Recipe:
    """Return a recipe by its name, or by the path of its TOML file.

    Raises UnknownNameError, or BadInputError naming file and key.
    """
    if name in names():
        return _read(_FOLDER / f"{name}.toml", f"{name}.toml")
    if name.endswith(".toml") or "/" in name:
        return _read(Path(name), name)
    raise UnknownNameError("recipe", name, names())


def _read(file: Path, shown: str) -> Recipe:
    values = read_toml(file)
    if "name" in values:
        raise BadInputError(f"{shown}: unknown key 'name'", "a recipe is called as its file")
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
        raise BadInputError(f"{shown}: {key!r} is no setting here", "it stands at the top")
    vectors = {"embeddings": recipe.vectors.name} if recipe.vectors else {}
    for values in combinations(recipe.grid):
        RunConfig.from_values(
            {"corpus": recipe.corpus, **vectors, **recipe.settings, **values}, shown
        )


def _first_problem(error: ValidationError) -> str:
    # An unknown key comes first: it is the slip of the pen behind a missing one.
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    is_unknown = first["type"] == "extra_forbidden"
    # A union adds the names of its types to the place.
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
    """Return where in the file something stands: "measures 2: "."""
    shown = " ".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return f"{shown}: " if shown else ""


def _table_at(where: list[int | str]) -> type[BaseModel]:
    """Return the table at a place of the file, to know its keys."""
    table: type[BaseModel] = Recipe
    for part in where:
        if isinstance(part, str) and part in table.model_fields:
            table = _table_in(table.model_fields[part].annotation) or table
    return table


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    found = (_table_in(part) for part in get_args(annotation))
    return next((table for table in found if table), None)
