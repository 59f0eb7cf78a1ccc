"""`run`: what a command raises becomes one line and an exit code."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
import typer

from rnnlab import inference
from rnnlab.cli import run
from rnnlab.runs.store import RunStore


def test_too_little_memory_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    def greedy() -> None:
        raise MemoryError

    assert run([], app) == 1
    assert capsys.readouterr().err == "rnnlab: not enough memory; ask for less at a time\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), "out of memory on the GPU; ask for less"),
        (torch.AcceleratorError("CUDA error: unknown error\nCUDA kernel errors might be"),
         "the GPU failed: CUDA error: unknown error; if it fails again, use another --device"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; free some space"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", [["generate", "--prompt", "a"], ["evaluate"]])
def test_a_failure_of_the_machine_is_one_line_with_a_remedy(
    ask: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, line: str, verb: list[str]
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(inference, "load_model", fail)
    name, *options = verb
    told = ask(name, "stream", *options, code=1).stderr.splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"rnnlab: {line}")


def test_an_error_of_ours_is_not_hidden(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("a defect")

    monkeypatch.setattr(inference, "load_model", fail)
    with pytest.raises(RuntimeError, match="a defect"):
        ask("evaluate", "stream")


def test_a_folder_that_is_a_loop_of_links_has_no_runs(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert not list(RunStore(loop))
    (tmp_path / "ck").mkdir()
    (tmp_path / "ck" / "loop").symlink_to(tmp_path / "ck" / "loop")
    assert not list(RunStore(tmp_path / "ck"))
