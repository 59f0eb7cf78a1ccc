"""List the recipes of `rnnlab reproduce`, or show one."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from rnnlab.cli._completion import complete_recipe
from rnnlab.cli._options import Data, Json


def command(
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="RECIPE",
            help="Recipe to show.",
            show_default=False,
            autocompletion=complete_recipe,
        ),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the recipes of `rnnlab reproduce`, or show one."""
    from rnnlab.cli._recipes_show import print_recipes

    print_recipes(name, data, json=json)
