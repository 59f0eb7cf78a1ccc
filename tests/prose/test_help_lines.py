"""Help lines fit on one line of 80 columns and begin with a verb or a noun."""

from __future__ import annotations

import pytest

from rnnlab.base import registry
from tests.prose.help_lines import WIDTH, all_problems, problems, verbs, wide_lines
from tests.prose.unfinished import read_table


def test_help_lines_follow_the_rules_unless_in_the_table() -> None:
    table = read_table()["help"]
    places = [
        f"{name}: {rule}"
        for name, broken in all_problems().items()
        if name not in table
        for rule in broken
    ]
    assert not places, "rewrite these help lines:\n" + "\n".join(places)


def test_the_table_of_help_lines_only_shrinks() -> None:
    clean = read_table()["help"] - all_problems().keys()
    assert not clean, f"clean: run `python -m tests.prose.unfinished`: {sorted(clean)}"


def test_help_is_printed_within_80_columns() -> None:
    wide = {verb: list(wide_lines(verb)) for verb in registry.names("cli")}
    assert not {verb: lines for verb, lines in wide.items() if lines}


def test_the_list_of_verbs_shows_every_help_in_full() -> None:
    width = WIDTH - 4 - max(map(len, verbs()))
    truncated = {
        f"rnnlab {verb}"
        for verb, command in verbs().items()
        if command.get_short_help_str(width).endswith("...")
    }
    assert not truncated - read_table()["help"]


@pytest.mark.parametrize(
    ("line", "num_problems"),
    [("Seed of the weights.", 0), ("How fast it moves.", 1), ("What " + "x" * 80, 2), ("", 1)],
)
def test_a_bad_help_line_is_seen(line: str, num_problems: int) -> None:
    assert len(problems(line)) == num_problems
