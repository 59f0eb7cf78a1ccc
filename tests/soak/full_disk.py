"""A disk that is full for a while: the run fails with its reason, or goes on, and then resumes."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.run import Run
from tests.soak.rows import Check, Row, Tell
from tests.soak.workshop import Witness, Workshop, has_ended, workshop

_SIZE = "1500k"
_LEAST_BYTES = 4096
STEPS = 1500
_PATIENCE_S = 1.5
"""Seconds for which the disk stays full if the run goes on."""


class Disk(Protocol):
    """A disk with little space."""

    def fill(self, worker: int) -> None:
        """Leave no space, for any process or only for one worker."""

    def free(self) -> None:
        """Give the space back."""


class SmallDisk:
    """A file system in memory; mounting it needs root."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fill(self, worker: int) -> None:
        """Write a file until the file system is full."""
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as file:
            block = bytes(1 << 16)
            while len(block) >= _LEAST_BYTES:
                try:
                    file.write(block)
                except OSError:
                    block = block[: len(block) // 2]

    def free(self) -> None:
        """Delete the file."""
        self._filler.unlink(missing_ok=True)


class SizeLimit:
    """A limit for the size of the files that a worker writes: works for every user."""

    def __init__(self, _folder: Path) -> None: ...

    def fill(self, worker: int) -> None:
        """Let the worker write no file of more than some bytes."""
        with contextlib.suppress(ProcessLookupError):
            hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (_LEAST_BYTES, hard))
            self._worker, self._hard = worker, hard

    def free(self) -> None:
        """Lift the limit."""
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(self._worker, resource.RLIMIT_FSIZE, (self._hard, self._hard))


@contextlib.contextmanager
def small_disk() -> Iterator[tuple[Path, Callable[[Path], Disk], str]]:
    """Yield a folder, the kind of its disk, and its description."""
    folder = Path(tempfile.mkdtemp(prefix="rnnlab-soak-disk-"))
    is_mounted = False
    try:
        if os.geteuid() == 0 and shutil.which("mount"):
            options = ["-t", "tmpfs", "-o", f"size={_SIZE}", "none", str(folder)]
            mount = subprocess.run(["mount", *options], capture_output=True, check=False)
            is_mounted = mount.returncode == 0
        if is_mounted:
            yield folder, SmallDisk, f"ENOSPC, a tmpfs of {_SIZE}"
        else:
            yield folder, SizeLimit, "EFBIG, a limit for the size of files"
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def check(number: int, seed: int, tell: Tell, steps: int = STEPS) -> Row:
    """Fill the disk at random moments; the runs must end with all their records."""
    chance, witness = random.Random(seed), Witness()
    row = Row("disk full and free again", lost=0)
    with (
        small_disk() as (folder, kind, row.note),
        workshop(**settings_of(steps)) as shop,
    ):
        assert shop.reference
        shop.move_to(folder)
        disk = kind(folder)
        run: Run | None = None
        while row.faults < number:
            if run is None:
                run = shop.start()
            else:
                shop.launch(run)
            problems = _fill_while_training(shop, run, disk, chance, witness)
            if problems is not None:
                row.faults += 1
                row.survived += not problems
                row.problems += problems
                tell(f"{row.faults} times full, {row.lost} records lost")
            if run.status().state == "finished":
                row.lost = (row.lost or 0) + shop.lost(run)
                shop.store.remove(run)
                run = None
        if run is not None:
            shop.launch(run)
            witness.follow(run, shop.worker)
            row.lost = (row.lost or 0) + shop.lost(run)
    row.false_s = witness.longest_s
    return row


def settings_of(steps: int) -> dict[str, object]:
    """Return settings with some validations and checkpoints in a run of N steps."""
    return {
        "steps": steps, "log_every": max(1, steps // 60), "eval_every": steps // 5,
        "checkpoint_every": max(1, steps // 25), "sample_every": steps // 5,
    }  # fmt: skip


def _fill_while_training(
    shop: Workshop, run: Run, disk: Disk, chance: random.Random, witness: Witness
) -> list[str] | None:
    """Fill the disk under a worker, wait for its end, and free it; None if it had ended before."""
    worker = shop.worker
    if not shop.reaches(run, chance.random()):
        return None
    disk.fill(worker)
    filled = time.monotonic()
    while not has_ended(worker) and time.monotonic() < filled + _PATIENCE_S:
        time.sleep(0.01)
    is_over = has_ended(worker)
    problems = []
    if is_over:
        witness.follow(run, worker)
        status = run.status()
        if status.state == "lost":
            problems.append(f"{run.name}: a full disk is shown as a kill: {status.reason}")
        if isinstance(disk, SmallDisk) and status.state == "failed":
            disk.fill(worker)  # also the space that the worker had reserved for its last words
            problems += _refused(shop, run, witness)
    disk.free()
    if not is_over:
        witness.follow(run, worker)
    return problems + list(shop.problems(run, has_failed=True))


def _refused(shop: Workshop, run: Run, witness: Witness) -> list[str]:
    """Try to resume a run on the full disk: it must fail with a reason, not silently."""
    try:
        shop.launch(run)
    except RnnlabError as error:
        is_told = any(words in str(error) for words in ("disk is full", "No space left"))
        return [] if is_told else [f"resume on a full disk: {error}"]
    witness.follow(run, shop.worker)
    status = run.status()
    is_told = status.state == "failed" and "disk is full" in status.reason
    shown = f"{status.state}: {status.reason}"
    return [] if is_told else [f"resume on a full disk: the run is {shown}"]


CHECK = Check(check, full=40, quick=6)
