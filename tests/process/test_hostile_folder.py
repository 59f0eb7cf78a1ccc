"""A folder with files that are named like libraries: nothing of the user's is ever executed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rnnlab.runs.launch import child_command, child_environment, launch
from rnnlab.runs.store import RunStore
from rnnlab.submit import checked_config
from tests.toys.lab import Lab

pytestmark = pytest.mark.process


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with modules that fail when imported."""
    for name in ("random.py", "queue.py", "torch.py"):
        (tmp_path / name).write_text("raise SystemExit('a file of the user was executed')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_worker_imports_nothing_from_the_current_folder(lab: Lab, hostile: Path) -> None:
    config = checked_config({"corpus": str(lab.text), "hidden": 8, "steps": 2, "threads": 1})
    run = RunStore(lab.checkpoints).create("safe", config.to_toml())
    launch(run)
    lab.until_state(run, "finished")


def test_the_generator_imports_nothing_from_the_current_folder(hostile: Path) -> None:
    ended = subprocess.run(
        child_command("rnnlab.worker.generate"),
        input="",
        capture_output=True,
        text=True,
        env=child_environment(),
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert '"ready"' in ended.stdout
