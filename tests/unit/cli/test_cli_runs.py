"""`rnnlab runs` and `rnnlab watch` show the state of a run in the lab's words, and its problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnlab import cli
from rnnlab.runs.records import State
from rnnlab.runs.store import RunStore
from tests.toys.app_lab import Lab

ILL: dict[str, Any] = {
    "train_loss": 263.977,
    "val_loss": 263.977,
    "diverged_step": 6,
    "best_step": 5,
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))
    return Lab(RunStore(tmp_path))


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_divergence_is_in_the_table_and_a_line_below_it(
    lab: Lab, capsys: pytest.CaptureFixture[str], state: State
) -> None:
    lab.add("alpha", state, **ILL)
    lab.add("beta", "running")
    assert cli.run(["runs"]) == 0
    out, err = capsys.readouterr()
    assert f"{state}, diverged" in out
    assert err.startswith("alpha: the loss has diverged at step 6 and is 263.9770 nats; ")
    assert "`rnnlab train CORPUS --init-from alpha@best`" in err
    assert len(err.splitlines()) == 1


def test_an_alarm_of_a_run_that_trains_is_told(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.add("alpha", "running", alarm="records wait:\nthe disk is full")
    lab.add("beta", "stopped", alarm="an old alarm")
    assert cli.run(["runs"]) == 0
    assert capsys.readouterr().err == "alpha: records wait: the disk is full\n"


def test_the_curves_of_a_diverged_run_are_under_its_problem(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.add("alpha", "running", **ILL)
    assert cli.run(["watch", "--once", "alpha"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("alpha running, diverged at step ")
    assert "; the loss has diverged at step 6 and is 263.9770 nats; " in line
