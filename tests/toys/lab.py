"""A folder of runs with a tiny text, and the command line on it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import pytest

from rnnlab.runs.lock import is_locked
from rnnlab.runs.records import Status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from tests.toys.environment import known_environment
from tests.toys.forked_commands import start_command
from tests.toys.forked_workers import can_fork, forked_workers

DEADLINE_S = 90.0
"""How long a condition is waited for: far longer than it takes, so that only a defect hits it."""


class Ended(subprocess.CompletedProcess[str]):
    """A command line that has ended."""

    @property
    def json(self) -> Any:
        """The one JSON document that it printed."""
        return json.loads(self.stdout)


@dataclass
class Lab:
    """A folder of runs of a test's own, and the command line on it."""

    folder: Path
    checkpoints: Path
    text: Path
    """A few thousand letters in short sentences."""
    has_forked_workers: bool = True
    """Whether `train` and the verbs called in this process fork their workers; see the toy."""
    _children: list[subprocess.Popen[str]] = field(default_factory=list)

    @staticmethod
    def until(condition: Callable[[], object], what: str, seconds: float = DEADLINE_S) -> None:
        """Wait until `condition` holds; fail the test when it does not within `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds:g} s in vain: {what}", pytrace=False)
            time.sleep(0.01)

    @property
    def environment(self) -> dict[str, str]:
        """The known environment with this folder of runs and one thread a process."""
        return known_environment(
            self.folder,
            RNNLAB_CHECKPOINTS=str(self.checkpoints),
            RNNLAB_DATA=str(self.folder / "data"),
            RNNLAB_THREADS="1",
            COLUMNS="120",
        )

    def cli(self, *arguments: str | Path, code: int | None = 0) -> Ended:
        """Run `rnnlab` to its end; fail unless it ends with `code` (None: with any)."""
        command = [sys.executable, "-m", "rnnlab", *map(str, arguments)]
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=DEADLINE_S,
            check=False,
        )
        if code is not None and ended.returncode != code:
            pytest.fail(f"{command[2:]}: code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
        return Ended(command, ended.returncode, ended.stdout, ended.stderr)

    def start(
        self, *arguments: str | Path, is_forked: bool = False, **options: Any
    ) -> subprocess.Popen[str]:
        """Start `rnnlab` and leave it at work; it is killed when the test ends.

        is_forked: whether it and its workers are forks of this process; see the toy.
        """
        given = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": self.environment,
            "cwd": self.folder,
            **options,
        }
        start = start_command if is_forked else partial(subprocess.Popen, text=True)
        child = start([sys.executable, "-m", "rnnlab", *map(str, arguments)], **given)
        self._children.append(child)
        return child

    def train(self, name: str, *options: str, text: Path | None = None) -> Run:
        """Start a detached worker on a tiny model; only the worker is a process of its own."""
        from rnnlab.cli import run

        tiny = ["--name", name, "--hidden", "16", "--embedding", "8", "--detach"]
        arguments = ["train", *map(str, (text or self.text, *tiny, *options))]
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            forked_workers() if self.has_forked_workers else contextlib.nullcontext(),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(arguments)
        assert (code, out.getvalue()) == (0, f"{name}\n"), f"{arguments}: {err.getvalue()}"
        return self.open(name)

    def copy(self, run: Run, name: str = "") -> Run:
        """Copy a run of another lab, to be changed here; its text becomes this lab's."""
        copy = self.checkpoints / (name or run.name)
        shutil.copytree(run.paths.root, copy)
        config = copy / "config.toml"
        settings, text = config.read_text(encoding="utf-8"), run.paths.root.parents[1] / "tiny.txt"
        assert str(text) in settings
        config.write_text(settings.replace(str(text), str(self.text)), encoding="utf-8")
        return self.open(copy.name)

    def open(self, name: str) -> Run:
        """Return a run."""
        return RunStore(self.checkpoints).open(name)

    def until_state(self, run: Run, *states: str) -> Status:
        """Wait until a run is in one of some states."""

        def is_there() -> bool:
            status = run.status()
            if status.state in ("failed", "lost") and status.state not in states:
                log = run.paths.log.read_text(encoding="utf-8")
                pytest.fail(f"{run.name} is {status.state}: {status.reason}\n{log}")
            return status.state in states

        self.until(is_there, f"{run.name} in state {' or '.join(states)}")
        return run.status()

    def until_step(self, run: Run, step: int) -> None:
        """Wait until a run's journal has come to a step."""
        from rnnlab.runs.history import History
        from rnnlab.runs.journal import JournalTail

        history, journal = History(), JournalTail(run.paths.journal)

        def has_come() -> bool:
            history.add(journal.read())
            return bool(history.train) and history.train[-1].step >= step

        self.until(has_come, f"{run.name} at step {step}")

    def kill(self, run: Run) -> None:
        """Kill the worker of a run as a crash of the machine would."""
        assert is_locked(run.paths.lock), f"{run.name} has no worker to kill"
        self.until(lambda: run.status().pid, "the worker says who it is")
        os.kill(run.status().pid, signal.SIGKILL)
        self.until(lambda: not is_locked(run.paths.lock), "the kernel frees the lock")

    def until_killed(self, run: Run, step: int) -> None:
        """Wait for the death of a worker that was started within `killed_at(step)`."""
        if can_fork():
            self.until_state(run, "lost")
        else:
            self.until_step(run, step)
            self.kill(run)

    def close(self) -> None:
        """End whatever of this test's is still alive."""
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.communicate()
        for run in RunStore(self.checkpoints):

            def is_gone(run: Run = run) -> bool:
                if (pid := run.status().pid) and is_locked(run.paths.lock):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return not is_locked(run.paths.lock)

            self.until(is_gone, f"the worker of {run.name} dies")


def write_tiny_text(file: Path, num_sentences: int = 150) -> Path:
    """Write some thousand letters in short sentences, always the same."""
    chance = random.Random(1)
    words = ["le", "la", "roi", "mange", "un", "pain", "bon", "soir", "jour", "nuit", "mer"]
    sentences = (
        " ".join(chance.choice(words) for _ in range(chance.randint(3, 8))).capitalize() + "."
        for _ in range(num_sentences)
    )
    file.write_text("\n".join(sentences) + "\n", encoding="utf-8")
    return file


def write_tiny_reviews(file: Path, num_documents: int = 240) -> Path:
    """Write short opinions as a csv of label and text, always the same, easy to tell apart."""
    chance = random.Random(2)
    cues = {"good": ["fine", "great", "moving"], "bad": ["dull", "weak", "tiresome"]}
    filler = ["the", "film", "is", "a", "story", "of", "two", "friends", "and", "it"]
    rows = []
    for number in range(num_documents):
        label = ("good", "bad")[number % 2]
        words = [chance.choice(filler) for _ in range(chance.randint(3, 12))]
        words.insert(chance.randrange(len(words)), chance.choice(cues[label]))
        rows.append(f"{label},{' '.join(words).capitalize()}.")
    file.write_text("\n".join(["label,text", *rows]) + "\n", encoding="utf-8")
    return file


class SharedLab(Protocol):
    """Return a lab that all processes of the test session read, built by the first of them.

    name: of its folder. build: fills a new lab; its runs must have ended when it returns.
    """

    def __call__(self, name: str, build: Callable[[Lab], None]) -> Lab: ...


class Call(Protocol):
    """Run `rnnlab` on a lab in this process: torch, where it is needed, is loaded once."""

    def __call__(self, lab: Lab, *arguments: str | Path, code: int | None = 0) -> Ended: ...


class Ask(Protocol):
    """Run a verb on the trained runs in this process."""

    def __call__(self, *arguments: str, code: int = 0) -> Ended: ...


def lab_of(folder: Path) -> Lab:
    """Return the lab of a folder that has its text already."""
    return Lab(folder, folder / "checkpoints", folder / "tiny.txt")


def lab_in(folder: Path) -> Lab:
    """Write a tiny text into a folder, and return the lab there."""
    write_tiny_text(folder / "tiny.txt")
    return lab_of(folder)
