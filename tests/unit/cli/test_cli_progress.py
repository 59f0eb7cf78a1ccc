"""Progress bars go to a terminal, and nowhere else."""

from __future__ import annotations

import pytest

from rnnlab.cli._progress import progress_bar
from tests.toys.streams import terminal_of


def test_a_task_shows_its_parts_and_then_its_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with progress_bar("loading", after_s=0.0) as bar:
        bar.begin("evaluating [b]m")
        bar(3, 4)
        bar(5, 4)
    shown = terminal.getvalue()
    assert "evaluating [b]m" in shown
    assert "100%" in shown
    assert "125%" not in shown


def test_a_task_that_ends_at_once_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with progress_bar("loading", after_s=1000.0) as bar:
        bar.begin("evaluating")
        bar(3, 4)
    assert terminal.getvalue() == ""


def test_a_bar_that_is_shown_late_has_the_amount_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with progress_bar("loading", after_s=1000.0) as bar:
        bar.begin("evaluating")
        bar(3, 4)
        bar.show()
    bar.show()  # the timer of a task that is over
    shown = terminal.getvalue()
    assert "evaluating" in shown
    assert "75%" in shown


def test_a_log_file_gets_none(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("loading") as bar:
        bar(1, 2)
    ended = capsys.readouterr()
    assert (ended.out, ended.err) == ("", "")
