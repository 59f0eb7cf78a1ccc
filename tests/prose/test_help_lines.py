"""Help lines fit on one line of 80 columns and begin with a verb or a noun."""

from __future__ import annotations

import pytest

from rnnlab import cli
from rnnlab.base import registry
from tests.prose.help_lines import WIDTH, all_problems, listed_lines, problems, verbs, wide_lines


def test_help_lines_follow_the_rules() -> None:
    places = [f"{name}: {rule}" for name, broken in all_problems().items() for rule in broken]
    assert not places, "rewrite these help lines:\n" + "\n".join(places)


def test_help_is_printed_within_80_columns() -> None:
    wide = {verb: list(wide_lines(verb)) for verb in registry.names("cli")}
    assert not {verb: lines for verb, lines in wide.items() if lines}


def test_a_verb_and_its_file_begin_with_the_same_line() -> None:
    first = {name: command.get_short_help_str(WIDTH) for name, command in verbs().items()}
    assert listed_lines() == first


def test_the_list_of_verbs_shows_every_help_in_full(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    assert cli.run(["--help"]) == 0
    _usage, *printed = capsys.readouterr().out.splitlines()
    assert len(printed) > len(registry.names("cli"))
    assert not [line for line in printed if line.endswith("...")]


@pytest.mark.parametrize(
    ("line", "num_problems"),
    [("Seed of the weights.", 0), ("How fast it moves.", 1), ("What " + "x" * 80, 2), ("", 1)],
)
def test_a_bad_help_line_is_seen(line: str, num_problems: int) -> None:
    assert len(problems(line)) == num_problems
