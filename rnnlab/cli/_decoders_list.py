"""Print the decoders with their options, and the filters in their order."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import typer

from rnnlab.base import registry
from rnnlab.cli._output import console, print_json
from rnnlab.decoding import FILTERS, Decoder, Options, option_help, option_names

_SETTING = 20
"""Width of the column `option=default`, in characters."""


def print_decoders(*, json: bool) -> None:
    """Print each decoder with its own options, then the options of every decoder."""
    described = [_describe(name) for name in registry.names("decoding")]
    if json:
        print_json(described)
        return
    for decoder in described:
        source = f" [{decoder['source']}]" if decoder["source"] else ""
        _print(f"{decoder['name']}: {decoder['summary']}{source}", indent=2)
        for option in decoder["options"]:
            if not option["is_shared"]:
                _print_option(option)
    typer.echo("\nOptions of every decoder; the filters apply in this order:")
    shared = {field: _option(name, field, Options) for name, field in option_names(Options).items()}
    for name, entry in FILTERS.items():
        _print_option(shared.pop(entry.option), _source(name))
    for option in shared.values():
        _print_option(option)
    typer.echo('\nQuote values with spaces, commas or quotes: sample:stop="\\n\\n|THE END"')


def _describe(name: str) -> dict[str, Any]:
    decoder: Decoder = registry.load("decoding", name).DECODER
    return {
        "name": name,
        "summary": registry.summary("decoding", name),
        "source": decoder.source,
        "options": [
            _option(key, field, decoder.options)
            for key, field in option_names(decoder.options).items()
        ],
    }


def _option(key: str, field: str, options: type[Options]) -> dict[str, Any]:
    described = option_help(options, key, field)
    return {name: getattr(described, name) for name in ("name", "default", "help", "is_shared")}


def _source(filter_name: str) -> str:
    """Return " [Author (year)]" from the docstring of a filter, or ""."""
    match = re.search(
        r"Source:.*?(\w+(?: et al\.| and \w+)? \(\d{4}\))",
        registry.description("decoding/filters", filter_name),
        re.DOTALL,
    )
    return f" [{' '.join(match[1].split())}]" if match else ""


def _print_option(option: dict[str, Any], source: str = "") -> None:
    default = option["default"]
    shown = format(default, "g") if isinstance(default, float) else str(default) or '""'
    setting = f"{option['name']}={shown}"
    _print(f"    {setting:<{_SETTING}} {option['help']}{source}", indent=_SETTING + 5)


def _print(line: str, indent: int) -> None:
    """Print a line wrapped to the terminal, with continuation lines indented."""
    width = console().width
    typer.echo(textwrap.fill(line, width, subsequent_indent=" " * indent, drop_whitespace=True))
