"""What only a process of its own shows of the command line: its end, its streams, their letters."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from tests.toys.lab import Lab

pytestmark = pytest.mark.process


@pytest.mark.parametrize("arguments", [["train", "nowhere.txt"], ["dance"]])
def test_a_process_ends_with_the_code_and_the_line(lab: Lab, arguments: list[str]) -> None:
    ended = lab.cli(*arguments, code=2)
    assert ended.stdout == ""
    assert ended.stderr.startswith("rnnlab: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert not lab.checkpoints.exists()


def test_a_reader_that_leaves_is_no_error_to_talk_about(lab: Lab) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    child = lab.start("cells", stdout=theirs)
    os.close(theirs)
    assert child.stderr is not None
    assert child.stderr.read() == ""


def test_a_terminal_without_our_letters_still_shows_the_runs(lab: Lab) -> None:
    RunStore(lab.checkpoints).create("a", 'corpus = "été.txt"\n')
    env = {**lab.environment, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "rnnlab", "runs"]
    ended = subprocess.run(command, env=env, cwd=lab.folder, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert b"?t?" in ended.stdout


INTERRUPTED = """
import os, signal, sys

def interrupt(event, arguments):
    if event == "import" and arguments[0] == {module!r}:
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
sys.argv = ["rnnlab", "runs"]
from rnnlab.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["rnnlab.cli", "typer", "rnnlab.runs.summary", "rich.table"])
def test_ctrl_c_has_no_traceback_during_the_imports(lab: Lab, module: str) -> None:
    lab.checkpoints.mkdir()
    command = [sys.executable, "-c", INTERRUPTED.format(module=module)]
    ended = subprocess.run(
        command, env=lab.environment, cwd=lab.folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 130
    assert ended.stderr in ("", "rnnlab: interrupted\n")  # Typer ends a verb without a word
