"""A run's folder that is read-only for a while."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from rnnlab.base.errors import RnnlabError
from rnnlab.runs import control
from rnnlab.runs.run import Run
from tests.soak.full_disk import STEPS, settings_of
from tests.soak.rows import Check, Row, Tell
from tests.soak.workshop import Witness, Workshop, has_ended, workshop

_PATIENCE_S = 1.0


def check(number: int, seed: int, tell: Tell, steps: int = STEPS) -> Row:
    """Make folders read-only under their workers; the runs must end with all their records."""
    chance, witness = random.Random(seed), Witness()
    row = Row("folder read-only and writable again", lost=0)
    with workshop(**settings_of(steps)) as shop:
        row.note = _way(shop.folder)
        if not row.note:
            row.note = "skipped: root may write into read-only folders, and chattr does not work"
            return row
        assert shop.reference
        run: Run | None = None
        while row.faults < number:
            if run is None:
                run = shop.start()
            else:
                shop.launch(run)
            problems = _freeze_while_training(shop, run, chance, witness)
            if problems is not None:
                row.faults += 1
                row.survived += not problems
                row.problems += problems
                tell(f"{row.faults} times read-only, {row.lost} records lost")
            if run.status().state == "finished":
                row.lost = (row.lost or 0) + shop.lost(run)
                run = None
        if run is not None:
            shop.launch(run)
            witness.follow(run, shop.worker)
            row.lost = (row.lost or 0) + shop.lost(run)
    row.false_s = witness.longest_s
    return row


def _freeze_while_training(
    shop: Workshop, run: Run, chance: random.Random, witness: Witness
) -> list[str] | None:
    """Make the folder read-only, wait, and make it writable; None if the run had ended before."""
    worker = shop.worker
    if not shop.reaches(run, chance.random()):
        return None
    _freeze(run.paths.root)
    problems = []
    try:
        frozen = time.monotonic()
        while not has_ended(worker) and time.monotonic() < frozen + _PATIENCE_S:
            time.sleep(0.01)
        for act in (control.stop, control.resume, shop.launch):
            with contextlib.suppress(RnnlabError):  # one line that says why
                act(run)
    finally:
        _thaw(run.paths.root)
    witness.follow(run, worker)
    if has_ended(worker) and run.status().state in ("starting", "running"):
        problems.append(f"{run.name} has no worker and is {run.status().state}")
    return problems + list(shop.problems(run, has_failed=True))


def _way(folder: Path) -> str:
    """Return how a folder is made read-only here; "" if that is not possible."""
    trial = Path(tempfile.mkdtemp(dir=folder))
    try:
        _freeze(trial)
        (trial / "file").touch()
    except OSError:
        return "chattr +i" if os.geteuid() == 0 else "chmod 555"
    except (subprocess.CalledProcessError, FileNotFoundError):
        return ""
    finally:
        with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
            _thaw(trial)
        shutil.rmtree(trial, ignore_errors=True)
    return ""


def _freeze(folder: Path) -> None:
    if os.geteuid() == 0:
        subprocess.run(["chattr", "+i", str(folder)], check=True, capture_output=True)
    else:
        folder.chmod(0o555)


def _thaw(folder: Path) -> None:
    if os.geteuid() == 0:
        subprocess.run(["chattr", "-i", str(folder)], check=True, capture_output=True)
    else:
        folder.chmod(0o755)


CHECK = Check(check, full=20, quick=4)
