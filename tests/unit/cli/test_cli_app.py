"""The parser of the command line is made once in a process."""

from __future__ import annotations

import sys

import pytest

from rnnlab.base import registry
from rnnlab.cli import run
from rnnlab.cli._app import parser


def test_the_parser_is_made_once_and_knows_all_verbs() -> None:
    assert parser() is parser()
    assert set(vars(parser())["commands"]) == set(registry.names("cli"))


def test_the_program_is_called_rnnlab_however_it_was_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/lib/rnnlab/__main__.py"])
    assert run(["bin", "--help"]) == 0
    assert "Usage: rnnlab bin " in capsys.readouterr().out
    monkeypatch.setenv("_RNNLAB_COMPLETE", "source_bash")
    with pytest.raises(SystemExit):
        run([])
    assert "complete -o default -F _rnnlab_completion rnnlab" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["bin", "corpora", "inspect", "tag", "rm"])
def test_brackets_and_dots_stand_once_in_the_usage_of_a_verb(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert [twice for twice in ("[[", "]]", "...]", "...}") if twice in shown] == []
    assert shown.count("default: list") <= 1
