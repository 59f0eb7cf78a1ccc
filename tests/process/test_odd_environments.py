"""rnnlab works in the environments that people and machines start it in."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.toys.lab import Lab, write_tiny_reviews, write_tiny_text
from tests.toys.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Each starts several processes that load torch, one after the other.
pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

RUN_ALL = """
import contextlib, json, sys
from rnnlab.cli import run
for arguments in json.loads(sys.argv[1]):
    workers = contextlib.nullcontext
    if "torch" in sys.modules:
        from tests.toys.forked_workers import forked_workers as workers
    with workers():
        code = run(arguments)
    if code:
        sys.exit(f"{arguments}: code {code}")
"""
"""Runs many command lines in one process: torch is loaded once.

Once it is loaded, workers are forked: the first one starts as a user's does.
"""
VERBS = [
    "--help", "cells", "decoders", "recipes", "doctor", "corpora", "corpora show stump",
    "train tiny.txt --name a --hidden 16 --steps 10 --length 20 --probe-every 5",
    "runs", "watch a --once", "samples a", "evaluate a", "inspect a gates",
    "train tiny.csv --name b --hidden 16 --steps 10",
    "score a --text la", "generate a --prompt la --length 5 -d beam:k=3 -d nucleus --tree",
    "classify b --text fine", "compare a b", "rm b --yes",
]  # fmt: skip


def run_all(lab: Lab, commands: list[str], environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", RUN_ALL, json.dumps([line.split() for line in commands])],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        cwd=lab.folder,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr


@pytest.fixture
def odd_lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab in a folder whose name has spaces and letters beyond ASCII."""
    folder = tmp_path / "dos été İı 日本"
    folder.mkdir()
    lab = Lab(folder, folder / "checkpoints", write_tiny_text(folder / "tiny.txt"))
    yield lab
    lab.close()


def test_no_verb_and_no_worker_raises_a_warning_in_turkish(odd_lab: Lab) -> None:
    write_tiny_reviews(odd_lab.folder / "tiny.csv")
    odd = {"PYTHONWARNINGS": "error", "LC_ALL": "tr_TR.UTF-8"}
    run_all(odd_lab, VERBS, {**odd_lab.environment, **odd})
    assert odd_lab.open("a").status().state == "finished"


def test_a_run_is_trained_in_the_c_locale(odd_lab: Lab) -> None:
    commands = ["train tiny.txt --name a --hidden 16 --steps 5 --length 20", "runs"]
    run_all(odd_lab, commands, {**odd_lab.environment, "LC_ALL": "C"})
    assert odd_lab.open("a").status().state == "finished"


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(
            {"TERM": "", "LC_ALL": "C", "HOME": "/dev/null", "XDG_CONFIG_HOME": "",
             "XDG_STATE_HOME": "", "XDG_CACHE_HOME": "", "TZ": "Asia/Kathmandu"},
            id="no terminal type and no home",
        ),
        pytest.param(
            {"TERM": "vt100", "LC_ALL": "ja_JP.UTF-8", "PYTHONWARNINGS": "error"}, id="vt100"
        ),
    ],
)  # fmt: skip
def test_the_lab_opens_and_closes_in_any_terminal(lab: Lab, environment: dict[str, str]) -> None:
    terminal = Terminal(lab, environment={**lab.environment, **environment})
    terminal.until("starter", "Quit")
    terminal.press("q")
    assert terminal.until_ended() == 0
