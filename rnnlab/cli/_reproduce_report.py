"""The report on a reproduced recipe: measured and published figures, costs, differences."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from rnnlab.base.display import MISSING, count, duration, loss, visible
from rnnlab.cli._output import console, print_table
from rnnlab.recipes import LayerNorms, Measure, Recipe

_MAX_EPOCHS = 7
"""Maximum number of epochs in a table of norms, to fit 80 columns."""


@dataclass(frozen=True)
class MeasuredValue:
    """The value of one measure for one run."""

    measure: Measure
    ours: float | None
    step: int | None
    """Step of the measured weights; None if the measure is about the training, such as its time."""

    def document(self) -> dict[str, Any]:
        """Return the value for `--json`."""
        return {
            **self.measure.model_dump(),
            "ours": self.ours,
            "step": self.step,
            "ratio": self.measure.ratio(self.ours),
            "is_met": self.measure.is_met(self.ours),
        }


@dataclass(frozen=True)
class RunResult:
    """The results of one run."""

    name: str
    is_trained_now: bool
    """Whether this command has trained the run, from scratch or from a checkpoint."""
    settings: dict[str, Any]
    figures: tuple[MeasuredValue, ...]
    steps: int
    epochs: float
    seconds: float
    """Training time in seconds."""
    tokens_per_s: float | None
    parameters: int | None
    device: str
    layers: LayerNorms | None

    def document(self) -> dict[str, Any]:
        """Return the results for `--json`."""
        layers = self.layers
        return {
            **{key: value for key, value in vars(self).items() if key not in ("figures", "layers")},
            "measures": [figure.document() for figure in self.figures],
            "layers": None
            if layers is None
            else {
                "epochs": layers.epochs,
                "weight_hh_norms": layers.norms,
                "first_over_last": layers.shares,
                "mean_first_over_last": layers.mean_share,
            },
        }


@dataclass(frozen=True)
class Report:
    """The results of a recipe."""

    recipe: Recipe
    results: tuple[RunResult, ...]
    is_complete: bool
    """Whether all runs were trained to the end and measured."""
    differs: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return {
            "recipe": self.recipe.name,
            "about": self.recipe.about,
            "is_complete": self.is_complete,
            "runs": [result.document() for result in self.results],
            "layers_say": self.layers_say(),
            "differs": self.differs,
        }

    def layers_say(self) -> str | None:
        """Return one sentence about the gradient norms of the layers; None without norms."""
        shares = [
            (result.layers.mean_share, result.name, len(result.layers.norms))
            for result in self.results
            if self.recipe.layers_report and result.layers and len(result.layers.norms) > 1
        ]
        known = sorted((share, name, depth) for share, name, depth in shares if share is not None)
        if not known:
            return None
        share, name, depth = known[0]
        sentence = (
            f"The gradient of layer 1 is {share:.3g} times the gradient of layer {depth} in "
            f"{name} (geometric mean over all epochs)"
        )
        if len(known) == 1:
            return f"{sentence}."
        most, other, _ = known[-1]
        return f"{sentence}; this is the smallest ratio, the largest is {most:.3g}, in {other}."

    def print(self) -> None:
        """Print the report as tables."""
        print_table(
            ["run", "measure", "published", "ours", "ratio", "goal"],
            [_row(result, figure) for result in self.results for figure in result.figures],
            ("ours", "ratio"),
        )
        typer.echo("")
        print_table(
            ["run", "steps", "epochs", "time", "tokens/s", "parameters", "device"],
            [_costs(result) for result in self.results],
            ("steps", "epochs", "time", "tokens/s", "parameters"),
        )
        for result in self.results:
            if self.recipe.layers_report and result.layers is not None:
                typer.echo(f"\n{result.name}: mean gradient norm of weight_hh by epoch")
                _print_norms(result.layers)
        sentence = self.layers_say()
        if sentence is not None:
            typer.echo("")
            print_wrapped(sentence)
        print_lines("differences", self.differs)


def figure(measure: Measure, value: float | None) -> str:
    """Return a figure as text: a loss in nats, a fraction as a percentage, a time in seconds."""
    if value is None:
        return MISSING
    if measure.what in ("seconds_to", "seconds"):
        return f"{value:,.0f} s"
    return loss(value) if measure.is_loss else f"{value:.2%}"


def published(measure: Measure) -> str:
    """Return the published figure of a measure as text; empty if there is none."""
    value = measure.published
    return figure(measure, value) if isinstance(value, float) else value or ""


def goal(measure: Measure) -> str:
    """Return a measure's goal as text, such as `<= 1.50`; empty if there is none."""
    if measure.goal is None:
        return ""
    return f"{'<=' if measure.is_loss else '>='} {figure(measure, measure.goal)}"


def print_lines(title: str, lines: Sequence[str]) -> None:
    """Print lines as a list under a title, wrapped to the terminal; print nothing without lines."""
    if not lines:
        return
    typer.echo(f"\n{title}")
    for line in lines:
        print_wrapped(line, "- ")


def print_wrapped(text: str, first: str = "") -> None:
    """Print text wrapped to the terminal, with control characters made visible."""
    indent = " " * len(first)
    width = max(20, console().width)
    shown = visible(text, newline=" ")
    typer.echo(textwrap.fill(shown, width, initial_indent=first, subsequent_indent=indent))


def _row(result: RunResult, value: MeasuredValue) -> list[str]:
    measure, ours = value.measure, value.ours
    ratio, is_met = measure.ratio(ours), measure.is_met(ours)
    met = "" if is_met is None else " met" if is_met else " missed"
    return [
        result.name,
        measure.name,
        published(measure),
        figure(measure, ours),
        "" if ratio is None else f"{ratio:.3f}",
        goal(measure) + met,
    ]


def _costs(result: RunResult) -> list[str]:
    return [
        result.name,
        f"{result.steps:,}",
        f"{result.epochs:.4g}",
        duration(result.seconds) if result.seconds >= 10 else f"{result.seconds:.1f}s",
        count(result.tokens_per_s),
        MISSING if result.parameters is None else f"{result.parameters:,}",
        result.device,
    ]


def _print_norms(layers: LayerNorms) -> None:
    """Print norms for up to 7 epochs: a row per layer, then the ratio of first to last layer."""
    columns = _spread(len(layers.epochs), _MAX_EPOCHS)
    header = ["layer", *(str(layers.epochs[column]) for column in columns)]
    rows = [
        [str(layer + 1), *(_norm(norms[column]) for column in columns)]
        for layer, norms in enumerate(layers.norms)
    ]
    if len(rows) > 1:
        rows.append(
            [f"1 / {len(layers.norms)}", *(_norm(layers.shares[column]) for column in columns)]
        )
    print_table(header, rows, header[1:])


def _norm(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3g}"


def _spread(num: int, most: int) -> Iterable[int]:
    """Return at most `most` indices below `num`, evenly spaced, including the first and last."""
    if num <= most:
        return range(num)
    return [round(i * (num - 1) / (most - 1)) for i in range(most)]
