"""List the decoders with their options."""

from __future__ import annotations

from typing import Any

import typer

from rnnlab import registry
from rnnlab.cli._options import Json
from rnnlab.cli._output import print_json
from rnnlab.decoding import Decoder, option_names


def command(json: Json = False) -> None:
    """List the decoders, each with its options, their defaults and its source."""
    described = [_describe(name) for name in registry.names("decoding")]
    if json:
        print_json(described)
        return
    for decoder in described:
        source = f" [{decoder['source']}]" if decoder["source"] else ""
        typer.echo(f"{decoder['name']}: {decoder['summary']}{source}")
        for option in decoder["options"]:
            typer.echo(f"    {option['name']}={option['default']}  {option['help']}")


def _describe(name: str) -> dict[str, Any]:
    decoder: Decoder = registry.load("decoding", name).DECODER
    fields = decoder.options.model_fields
    return {
        "name": name,
        "summary": registry.summary("decoding", name),
        "source": decoder.source,
        "options": [
            {"name": key, "default": fields[field].default, "help": fields[field].description}
            for key, field in option_names(decoder.options).items()
        ],
    }
