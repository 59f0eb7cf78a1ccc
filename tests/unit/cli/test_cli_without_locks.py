"""Every verb on a file system without locks: reading works, training is refused in one line."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

import pytest

from rnnlab.base import registry
from rnnlab.base.files import replace_text
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.store import RunStore
from tests.toys.lab import Call, Lab

READS: dict[str, list[str]] = {
    "runs": [], "watch": ["a", "--once"], "inspect": ["starter", "spectrum"],
    "compare": ["a", "starter"], "queue": [], "bin": [],
    "generate": ["starter", "--prompt", "We"],
    "score": ["starter", "--text", "We "], "evaluate": ["starter", "--file", "tiny.txt"],
    "note": ["a", "a note"], "tag": ["a", "b"], "cells": [], "decoders": [], "recipes": [],
    "corpora": [], "doctor": [], "verify": ["starter"],
}  # fmt: skip
"""Verbs that work: they read, or write what no worker writes."""
REFUSED: dict[str, list[str]] = {
    "train": ["tiny.txt", "--detach"], "resume": ["a", "--detach"], "rm": ["a"],
    "rename": ["a", "b"], "demo": [],
}  # fmt: skip
OTHERS = {"classify", "pause", "reproduce", "samples", "set", "stop"}
"""They need a worker, samples or a classifier, or do what the verbs above do."""


@pytest.fixture
def without_locks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab with a run `a` that is stopped and a run `b`."""
    store = RunStore(lab.checkpoints)
    run = store.create("a", f'corpus = "{lab.text}"\n')
    (run.paths.lock).touch()
    replace_text(run.paths.status, encode_status(Status(state="stopped", heartbeat=time.time())))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    return lab


def listing(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_each_verb_is_in_a_list() -> None:
    assert {*READS, *REFUSED, *OTHERS} == set(registry.names("cli"))


@pytest.mark.parametrize("verb", sorted(READS))
def test_a_verb_that_reads_works(without_locks: Lab, call: Call, verb: str) -> None:
    call(without_locks, verb, *READS[verb])


@pytest.mark.parametrize("verb", sorted(REFUSED))
def test_a_verb_that_needs_a_lock_is_refused_in_one_line(
    without_locks: Lab, call: Call, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = listing(without_locks.checkpoints)
    ended = call(without_locks, verb, *REFUSED[verb], code=2)
    (problem,) = [line for line in ended.stderr.splitlines() if line.startswith("rnnlab: ")]
    assert "no file locks" in problem
    assert "--checkpoints DIR" in problem
    assert listing(without_locks.checkpoints) == before, "no dead run is left"


@pytest.mark.parametrize(("age_s", "state"), [(0, "running"), (60, "lost")])
def test_who_is_alive_is_decided_by_the_heartbeat(
    without_locks: Lab, call: Call, age_s: float, state: str
) -> None:
    run = without_locks.open("a")
    replace_text(run.paths.status, encode_status(Status(state="running", pid=os.getpid())))
    written = time.time() - age_s
    os.utime(run.paths.status, (written, written))
    assert call(without_locks, "runs", "--json", "--filter", "a").json[0]["state"] == state
