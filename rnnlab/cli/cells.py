"""List the recurrent cells with their equations and sources."""

from __future__ import annotations

import typer

from rnnlab.base import registry
from rnnlab.cli._options import Json
from rnnlab.cli._output import print_json


def command(json: Json = False) -> None:
    """List the recurrent cells with their equations and sources."""
    described = {name: registry.description("cells", name) for name in registry.names("cells")}
    if json:
        print_json([{"name": name, "description": text} for name, text in described.items()])
        return
    for name, text in described.items():
        typer.echo(f"{name}: {text}\n")
