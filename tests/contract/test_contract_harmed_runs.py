"""Every verb answers at once, in one line, whatever somebody has put in place of a run's file."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.runs.bin import Bin
from rnnlab.runs.mailbox import Command, collect, send
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import decode_status, encode_status
from rnnlab.runs.store import RunStore
from tests.toys.lab import Call, Lab

FILES: dict[str, Callable[[RunPaths], Path]] = {
    "status": lambda paths: paths.status,
    "lock": lambda paths: paths.lock,
    "journal": lambda paths: paths.journal,
    "samples": lambda paths: paths.samples,
    "vocabulary": lambda paths: paths.vocabulary,
    "weights": lambda paths: paths.weights(150),
    "state": lambda paths: paths.training_state(150),
    "last": lambda paths: paths.pointer("last"),
    "best": lambda paths: paths.pointer("best"),
    "notes": lambda paths: paths.notes,
    "corpus": lambda paths: paths.corpus,
    "origin": lambda paths: paths.origin,
    "published": lambda paths: paths.published,
    "changes": lambda paths: paths.changes,
    "workers": lambda paths: paths.workers,
    "log": lambda paths: paths.log,
    "config": lambda paths: paths.config,
}
VERBS = (
    ("runs",),
    ("watch", "stream", "--once"),
    ("samples", "stream"),
    ("compare", "stream", "stream"),
    ("inspect", "stream", "gradients", "--json"),
    ("generate", "stream", "--prompt", "le roi", "--length", "3"),
    ("note", "stream"),
    ("set", "stream", "lr=0.5"),
    ("stop", "stream"),
    ("resume", "stream"),
)


@pytest.fixture
def paths(lab: Lab, trained: Lab) -> RunPaths:
    """A finished run of the test's own."""
    return lab.copy(trained.open("stream")).paths


def lose(paths: RunPaths) -> None:
    """Make a run look like one whose worker was killed while it trained."""
    status = decode_status(paths.status.read_bytes())
    assert status is not None
    killed = replace(status, state="running", pid=2**22 + 1, host=socket.gethostname())
    paths.status.write_text(encode_status(killed))
    paths.lock.touch()


def put_pipe(file: Path) -> None:
    os.mkfifo(file)


def put_large(file: Path) -> None:
    """A sparse file: as large as the issue's, without a byte on the disk."""
    file.touch()
    os.truncate(file, 1 << 40)


def put_dangling_link(file: Path) -> None:
    file.symlink_to(file.with_name("missing"))


HARMS = [
    *((file, put_pipe) for file in FILES),
    *((file, put_dangling_link) for file in ("status", "config", "weights", "state", "lock")),
    *((file, put_large) for file in ("status", "config", "notes", "vocabulary", "weights", "last")),
    *((file, Path.mkdir) for file in ("status", "config", "weights", "journal")),
]


@pytest.mark.parametrize(
    ("file", "put", "is_lost"),
    [
        *((file, put, False) for file, put in HARMS),
        *((file, put_pipe, True) for file in FILES),
    ],
)
def test_every_verb_answers_in_one_line(
    lab: Lab, call: Call, paths: RunPaths, file: str, put: Callable[[Path], None], *, is_lost: bool
) -> None:
    if is_lost:
        lose(paths)
    harmed = FILES[file](paths)
    harmed.unlink(missing_ok=True)
    put(harmed)
    for verb in VERBS:
        ended = call(lab, *verb, code=None)
        problems = [line for line in ended.stderr.splitlines() if line.startswith("rnnlab: ")]
        assert ended.returncode in (0, 1, 2), verb
        assert len(problems) == (ended.returncode != 0), (verb, ended.stderr)
        assert "None" not in ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("put", "problem"),
    [
        (put_pipe, "not a regular file"),
        (Path.mkdir, "a folder, not a file"),
        (put_dangling_link, "a link to a missing file"),
    ],
)
def test_a_run_without_a_file_of_settings_is_listed_as_damaged(
    lab: Lab, call: Call, paths: RunPaths, put: Callable[[Path], None], problem: str
) -> None:
    paths.config.unlink()
    put(paths.config)
    [row] = [row for row in call(lab, "runs", "--json").json if row["name"] == "stream"]
    reason = f"its config.toml is {problem}: restore it from a copy"
    assert (row["state"], row["reason"]) == ("lost", reason)
    assert f"stream: {reason}" in call(lab, "runs").stderr
    assert lab.open("stream").exists()


@pytest.mark.parametrize("put", [put_pipe, Path.mkdir])
def test_weights_that_are_no_file_are_named_with_a_remedy(
    lab: Lab, call: Call, paths: RunPaths, put: Callable[[Path], None]
) -> None:
    paths.weights(150).unlink()
    put(paths.weights(150))
    ended = call(lab, "generate", "stream", "--prompt", "le roi", code=1)
    what = "a folder, not a file" if put is Path.mkdir else "not a regular file"
    assert f"{paths.weights(150)} is damaged: it is {what}; " in ended.stderr


def test_a_harmed_run_is_still_deleted(lab: Lab, call: Call, paths: RunPaths) -> None:
    for file in ("status", "journal", "weights", "vocabulary", "notes"):
        FILES[file](paths).unlink(missing_ok=True)
        put_pipe(FILES[file](paths))
    paths.lock.unlink(missing_ok=True)
    put_pipe(paths.lock)
    ended = call(lab, "rm", "stream", code=1)
    assert f"{paths.lock} is not a regular file; delete it" in ended.stderr
    paths.lock.unlink()
    call(lab, "rm", "stream")
    assert [entry.name for entry in Bin(lab_store(lab)).entries()] == ["stream"]
    call(lab, "bin", "empty", "--yes")
    assert not paths.root.exists()


def lab_store(lab: Lab) -> RunStore:
    return RunStore(lab.checkpoints)


def test_a_pipe_among_the_mail_is_dropped_and_the_mail_after_it_is_read(paths: RunPaths) -> None:
    paths.mailbox.mkdir(exist_ok=True)
    put_pipe(paths.mailbox / "0.json")
    put_large(paths.mailbox / "1.json")
    send(paths.mailbox, Command("stop"))
    assert collect(paths.mailbox) == [Command("stop")]
    assert os.listdir(paths.mailbox) == []


def test_a_pipe_in_the_queue_keeps_nobody_waiting(lab: Lab) -> None:
    queue = Queue(lab.checkpoints)
    lab.checkpoints.mkdir()
    queue.join("alpha", "cpu")
    put_pipe(lab.checkpoints / ".queue" / "beta.json")
    assert [queue.has(name) for name in ("alpha", "beta")] == [True, False]
    shutil.rmtree(lab.checkpoints / ".queue")
    (lab.checkpoints / ".queue").mkdir()
    put_pipe(lab.checkpoints / ".queue" / "turn")
    with pytest.raises(OSError, match="not a regular file"):
        queue.join("alpha", "cpu")
    put_pipe(lab.checkpoints / ".queue" / "cpu.0.lock")
    with pytest.raises(OSError, match="not a regular file"):
        queue.take_slot("cpu", 1)
