"""Progress bars go to a terminal, and nowhere else."""

from __future__ import annotations

import pytest

from rnnlab.cli._progress import progress_bar
from tests.toys.streams import terminal_of


def test_a_task_shows_its_parts_and_then_its_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with progress_bar("loading") as bar:
        bar.begin("evaluating [b]m")
        bar(3, 4)
        bar(5, 4)
    shown = terminal.getvalue()
    assert "evaluating [b]m" in shown
    assert "100%" in shown
    assert "125%" not in shown


def test_a_log_file_gets_none(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("loading") as bar:
        bar(1, 2)
    ended = capsys.readouterr()
    assert (ended.out, ended.err) == ("", "")
