"""Print the list of recipes, or one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from rnnlab import recipes
from rnnlab.base.display import duration, visible
from rnnlab.base.errors import BadInputError
from rnnlab.cli._output import print_json, print_table
from rnnlab.cli._reproduce_report import figure, goal, print_lines, print_wrapped, published
from rnnlab.recipes import Recipe


def print_recipes(name: str | None, data: Path | None, *, json: bool) -> None:
    """Print a recipe, or one line or two for each if `name` is None.

    data: folder of corpora, in which missing files are noted. Raise BadInputError for an unknown
    name or an invalid file.
    """
    if name is not None:
        recipe = recipes.load(name)
        if json:
            print_json(_document(recipe, data))
        else:
            _show(recipe, data)
        return
    shipped = [recipes.load(recipe_name) for recipe_name in recipes.names()]
    if json:
        print_json([_document(recipe, data) for recipe in shipped])
        return
    for recipe in shipped:
        print_wrapped(f"{recipe.name}: {recipe.about}")
        print_wrapped(_in_short(recipe, data), "    ")


def _in_short(recipe: Recipe, data: Path | None) -> str:
    """Return one line with the corpus, grid, published figures and goals of a recipe."""
    parts = [f"corpus {recipe.corpus}" + ("" if _has_corpus(recipe, data) else " (missing)")]
    parts += [f"{key} {', '.join(map(str, values))}" for key, values in recipe.grid.items()]
    for measure in recipe.measures:
        figures = [
            f"published {published(measure)}" if published(measure) else "",
            f"goal {goal(measure)}" if goal(measure) else "",
        ]
        if any(figures):
            parts.append(f"{measure.name}: {', '.join(filter(None, figures))}")
    return "; ".join(parts)


def _has_corpus(recipe: Recipe, data: Path | None) -> bool:
    try:
        recipes.locate(recipe, None, data)
    except BadInputError:
        return False
    return True


def _document(recipe: Recipe, data: Path | None) -> dict[str, Any]:
    return {**recipe.model_dump(), "has_corpus": _has_corpus(recipe, data)}


def _show(recipe: Recipe, data: Path | None) -> None:
    typer.echo(visible(f"{recipe.name}: {recipe.about}"))
    remedy = recipe.get or "use `rnnlab reproduce` with --file FILE"
    missing = "" if _has_corpus(recipe, data) else f" (missing: {remedy})"
    typer.echo(visible(f"corpus: {recipe.corpus}{missing}"))
    if recipe.vectors:
        typer.echo(visible(f"word vectors: {recipe.vectors.name}, from {recipe.vectors.get}"))
    typer.echo("\nsettings (all others have the defaults in `rnnlab train --help-all`)")
    for key, value in recipe.settings.items():
        shown = str(value).lower() if isinstance(value, bool) else value
        typer.echo(visible(f"    {key} = {shown}"))
    for key, values in recipe.grid.items():
        typer.echo(visible(f"    {key} = each of {', '.join(map(str, values))}"))
    typer.echo("")
    print_table(
        ["measure", "meaning", "published", "goal"],
        [[m.name, _of(m), published(m), goal(m)] for m in recipe.measures],
        (),
    )
    print_lines("differences", recipe.differs)
    lines = []
    for reached in recipe.reached:
        by_name = {measure.name: measure for measure in recipe.measures}
        figures = ", ".join(f"{n} {figure(by_name[n], v)}" for n, v in reached.figures.items())
        run = f"{reached.run}: " if reached.run else ""
        time = f"{duration(reached.seconds)} on {reached.machine}"
        lines.append(f"{run}{figures} in {time}: {reached.command}")
    print_lines("results reached", lines)


def _of(measure: recipes.Measure) -> str:
    if measure.threshold is not None:
        return f"training time until an epoch's mean training loss is {measure.threshold:g}"
    if measure.what == "seconds":
        return "training time of the whole run"
    if measure.split is None:
        return "mean training loss of the last epoch, as logged during training"
    return f"{measure.what} on {measure.split}, {measure.checkpoint} weights"
