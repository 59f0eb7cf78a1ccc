"""The app's client of the process that measures the cost of a run."""

from __future__ import annotations

import sys

import pytest

from rnnlab.tui.outside.estimator import Estimator

_ANSWER = """
import json, sys
for line in sys.stdin:
    ask = json.loads(line)["ask"]
    print("a library's own line")
    print(json.dumps({"ask": ask - 1, "problem": "late"}))
    print(json.dumps({"ask": ask, "problem": f"number {ask}"}), flush=True)
"""
"""Answers each request after two lines that do not belong to it."""


@pytest.mark.parametrize(
    ("end", "says"),
    [("raise SystemExit(3)", "exit code 3"),
     ("import os; os.kill(os.getpid(), 9)", "killed: out of memory?")],
)  # fmt: skip
async def test_a_trial_that_ends_without_an_answer_says_how(end: str, says: str) -> None:
    estimator = Estimator(None, [sys.executable, "-Sc", end])
    for _ in range(2):
        estimate = await estimator.ask({})
        assert estimate is not None
        assert estimate.is_problem
        assert says in estimate.text


async def test_a_request_gets_its_own_answer() -> None:
    estimator = Estimator(None, [sys.executable, "-Sc", _ANSWER])
    for number in (1, 2):
        estimate = await estimator.ask({})
        assert estimate is not None
        assert estimate.text == f"number {number}"
    await estimator.close()
