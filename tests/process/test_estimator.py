"""The trial of a run in a process of its own."""

from __future__ import annotations

import sys

import pytest

from rnnlab.tui.outside import estimator


@pytest.mark.parametrize(
    ("end", "says"),
    [("raise SystemExit(3)", "exit code 3"),
     ("import os; os.kill(os.getpid(), 9)", "killed: out of memory?")],
)  # fmt: skip
async def test_a_trial_that_ends_without_an_answer_says_how(
    monkeypatch: pytest.MonkeyPatch, end: str, says: str
) -> None:
    monkeypatch.setattr(estimator, "child_command", lambda _: [sys.executable, "-Sc", end])
    found = await estimator.Estimator(None).ask({})
    assert found is not None
    assert says in found.text
