"""Commands on several runs: names, quoted patterns, refusals, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab import cli
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from tests.toys.app_lab import Lab, mailed


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Two active runs, `test-a` and `test-b`, and an ended one, `other`."""
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))
    lab = Lab(RunStore(tmp_path))
    for name in ("test-a", "test-b"):
        lab.add(name, "running")
    lab.add("other")
    return lab


def test_a_quoted_pattern_and_names_mean_each_run_once(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["pause", "test-*", "test-a"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [f"test-{letter} pauses after this step" for letter in "ab"]
    assert [mailed(lab.store.open(name)) for name in ("test-a", "test-b")] == [["pause"]] * 2


def test_a_refused_run_is_one_line_and_the_others_are_done(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["stop", "other", "nobody", "test-a", "no-*"]) == 2
    out, err = capsys.readouterr()
    assert out == "test-a saves and stops\n"
    assert mailed(lab.store.open("test-a")) == ["stop"]
    problems = err.splitlines()
    assert len(problems) == 3
    for part in ("unknown run 'nobody'", "matches 'no-*'", "'other' is finished"):
        assert any(part in line for line in problems), part


def test_the_bin_is_named_only_if_a_run_was_moved_to_it(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["rm", "--yes", "test-a", "test-b"]) == 2, "they are training"
    assert "bin restore" not in capsys.readouterr().err
    assert cli.run(["rm", "--yes", "test-a", "other"]) == 2
    assert "bin restore" in capsys.readouterr().err


def test_a_failure_of_the_system_has_exit_code_1(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_store: RunStore, run: Run) -> None:
        if run.name == "other":
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(RunStore, "remove", refuse)
    assert cli.run(["rm", "--yes", "--for-good", "other", "test-a"]) == 1
    out, err = capsys.readouterr()
    assert out == "deleted test-a\n"
    assert err == "rnnlab: other: Permission denied\n"


def test_patterns_do_not_match_shipped_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))
    assert cli.run(["rm", "--yes", "start*"]) == 2
    assert "no run" in capsys.readouterr().err


def test_several_runs_resume_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []
    monkeypatch.setattr("rnnlab.runs.control.launch", lambda run, **_: started.append(run.name))
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))
    lab = Lab(RunStore(tmp_path))
    for name in ("a", "b"):
        lab.add(name, "stopped")
    lab.add("done")
    assert cli.run(["resume", "?", "done"]) == 2
    out, err = capsys.readouterr()
    assert started == ["a", "b"]
    assert out.splitlines() == ["a resumes from step 0", "b resumes from step 0"]
    assert len(err.splitlines()) == 1


def test_runs_lists_those_that_pass_a_filter_with_their_accuracy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))
    lab = Lab(RunStore(tmp_path))
    lab.add("good", val_loss=0.5, task="classify", val_accuracy=0.875)
    lab.add("bad", val_loss=2.5)
    assert cli.run(["runs", "--filter", "val<1 !starter"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert "accuracy" in header
    assert [row.split()[0] for row in rows] == ["good"]
    assert "87.5%" in rows[0]
    assert cli.run(["runs", "--filter", "name:bad"]) == 0
    assert "accuracy" not in capsys.readouterr().out
    assert cli.run(["runs", "--filter", "vall<1"]) == 2
    assert "did you mean 'val'?" in capsys.readouterr().err
