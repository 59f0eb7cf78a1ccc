"""The parser of the command line is made once in a process."""

from __future__ import annotations

from rnnlab.base import registry
from rnnlab.cli._app import parser


def test_the_parser_is_made_once_and_knows_all_verbs() -> None:
    assert parser() is parser()
    assert set(vars(parser())["commands"]) == set(registry.names("cli"))
