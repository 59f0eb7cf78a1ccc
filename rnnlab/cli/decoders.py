"""List the decoders with their options, defaults and sources."""

from __future__ import annotations

from rnnlab.cli._options import Json


def command(json: Json = False) -> None:
    """List the decoders with their options, defaults and sources."""
    from rnnlab.cli._decoders_list import print_decoders

    print_decoders(json=json)
