"""Alerts go to a terminal, and nowhere else."""

from __future__ import annotations

import io
import sys

import pytest

from rnnlab.cli._alerts import alert


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal; called in the test, as pytest replaces the stream before."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_a_verb_that_follows_a_run_alerts_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    alert("m is finished")
    monkeypatch.setenv("RNNLAB_ALERTS", "none")
    alert("m is finished")
    monkeypatch.setenv("RNNLAB_ALERTS", "pink")  # the lab reports it
    alert("m is finished")
    assert terminal.getvalue() == "\a"


def test_a_log_file_gets_none(capsys: pytest.CaptureFixture[str]) -> None:
    alert("m is finished")
    ended = capsys.readouterr()
    assert (ended.out, ended.err) == ("", "")
