"""The parser of a command line knows the verbs that it needs."""

from __future__ import annotations

import pytest

from rnnlab.base import registry
from rnnlab.cli._app import parser_of


def verbs_of(arguments: list[str]) -> set[str]:
    return set(vars(parser_of(arguments))["commands"])


def test_a_verb_is_parsed_without_the_options_of_the_others_and_made_once() -> None:
    assert verbs_of(["cells", "--help"]) == {"cells"}
    assert parser_of(["cells"]) is parser_of(["cells", "--json"])


@pytest.mark.parametrize("arguments", [[], ["--help"], ["dance"], ["--data", "d", "cells"]])
def test_all_verbs_are_known_where_the_first_argument_is_none(arguments: list[str]) -> None:
    assert verbs_of(arguments) == set(registry.names("cli"))
