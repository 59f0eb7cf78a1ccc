"""Alerts go to a terminal, and nowhere else."""

from __future__ import annotations

import pytest

from rnnlab.cli._alerts import alert
from tests.toys.streams import terminal_of


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
