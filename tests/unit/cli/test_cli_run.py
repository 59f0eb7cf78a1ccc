"""`run`: what a command raises becomes one line and an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from rnnlab.cli import run
from rnnlab.runs.store import RunStore


def test_too_little_memory_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    def greedy() -> None:
        raise MemoryError

    assert run([], app) == 1
    assert capsys.readouterr().err == "rnnlab: not enough memory; ask for less at a time\n"


def test_a_folder_that_is_a_loop_of_links_has_no_runs(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert not list(RunStore(loop))
    (tmp_path / "ck").mkdir()
    (tmp_path / "ck" / "loop").symlink_to(tmp_path / "ck" / "loop")
    assert not list(RunStore(tmp_path / "ck"))
