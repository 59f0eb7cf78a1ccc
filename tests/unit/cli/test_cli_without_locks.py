"""Every verb on a file system without locks: reading works, training is refused in one line."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from pathlib import Path

import pytest

from rnnlab.base import registry
from rnnlab.base.files import replace_text
from rnnlab.models import save_weights
from rnnlab.runs.checkpoint import POINTERS
from rnnlab.runs.mailbox import collect
from rnnlab.runs.records import SampleRecord, Status, encode, encode_status
from rnnlab.runs.store import RunStore
from tests.toys.lab import Call, Lab
from tests.toys.models import make_model

READS: dict[str, list[str]] = {
    "runs": [], "watch": ["a", "--once"], "inspect": ["starter", "spectrum"],
    "compare": ["a", "starter"], "queue": [], "bin": [],
    "generate": ["starter", "--prompt", "We"],
    "score": ["starter", "--text", "We "], "evaluate": ["starter", "--file", "tiny.txt"],
    "note": ["a", "a note"], "tag": ["a", "b"], "cells": [], "decoders": [], "recipes": [],
    "corpora": [], "doctor": [], "verify": ["starter"], "samples": ["a"],
}  # fmt: skip
"""Verbs that work: they read, or write what no worker writes."""
REFUSED: dict[str, list[str]] = {
    "train": ["tiny.txt", "--detach"], "resume": ["a", "--detach"], "rm": ["a"],
    "rename": ["a", "b"], "demo": [], "reproduce": ["vanishing-rnn", "--file", "tiny.txt"],
}  # fmt: skip
STEERING: dict[str, list[str]] = {"pause": ["a"], "stop": ["a"], "set": ["a", "lr=0.05"]}
"""Verbs that send a command to a worker, which the heartbeat proves alive."""
CLASSIFYING = "classify"
"""Reads a classifier, as `evaluate` does."""


@pytest.fixture
def without_locks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab with a run `a` that is stopped and a run `b`."""
    store = RunStore(lab.checkpoints)
    run = store.create("a", f'corpus = "{lab.text}"\n')
    (run.paths.lock).touch()
    replace_text(run.paths.status, encode_status(Status(state="stopped", heartbeat=time.time())))

    sample = SampleRecord(1, 0.1, 0.5, 0, "le", "greedy", " roi", -1.0, 4)
    run.paths.samples.write_text(encode(sample))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    return lab


def listing(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_each_verb_is_in_a_list() -> None:
    assert {*READS, *REFUSED, *STEERING, CLASSIFYING} == set(registry.names("cli"))


@pytest.mark.parametrize("verb", sorted(READS))
def test_a_verb_that_reads_works(without_locks: Lab, call: Call, verb: str) -> None:
    ended = call(without_locks, verb, *READS[verb])
    assert ended.returncode == 0
    assert "lock" not in ended.stderr


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


@pytest.mark.parametrize("verb", sorted(STEERING))
def test_a_verb_that_steers_reaches_a_living_worker(
    without_locks: Lab, call: Call, verb: str
) -> None:
    run = without_locks.open("a")
    alive = Status(state="running", heartbeat=time.time(), host=socket.gethostname())
    replace_text(run.paths.status, encode_status(alive))
    call(without_locks, verb, *STEERING[verb])
    assert [command.action for command in collect(run.paths.mailbox)] == [verb]


@pytest.mark.parametrize("verb", sorted(STEERING))
def test_a_verb_that_steers_is_refused_for_a_run_without_a_worker(
    without_locks: Lab, call: Call, verb: str
) -> None:
    ended = call(without_locks, verb, *STEERING[verb], code=2)
    assert "'a' is stopped: no worker can" in ended.stderr
    assert collect(without_locks.open("a").paths.mailbox) == []


@pytest.fixture
def classifier(lab: Lab) -> str:
    """The name of a run with the weights of a classifier."""
    loaded = make_model(task="classify", dtype="float32")
    paths = RunStore(lab.checkpoints).create("classifier", loaded.config.to_toml()).paths
    loaded.vocabulary.save(paths.vocabulary)
    save_weights(paths.weights(0), loaded.model)
    for pointer in POINTERS:
        paths.pointer(pointer).write_text("0\n")
    return paths.name


def test_a_classifier_is_read(classifier: str, without_locks: Lab, call: Call) -> None:
    answered = call(without_locks, CLASSIFYING, classifier, "--text", "abc", "--json").json
    assert len(answered) == 1
