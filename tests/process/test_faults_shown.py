"""A run that dies, diverges, fills the disk or wants memory: the lab says so and what to do."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest import mock

import psutil
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from rnnlab.base.files import replace_text
from rnnlab.runs import control
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import State, encode_status
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.runs.details import Details
from rnnlab.tui.runs.row import STATE_MARKS, TROUBLE_MARK
from tests.toys.app_lab import WITH_WORKERS, home, until
from tests.toys.forked_workers import can_fork, forked_workers
from tests.toys.lab import Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ENDLESS = ["--steps", "100000000", "--eval-every", "100000000", "--length", "16"]
NO_CLIP = ["--optimizer", "sgd", "--clip", "0", "--cell", "rnn"]
START_S = 120.0
"""How long a worker may take until it trains, on a machine with other work."""


def mark_of(state: State) -> str:
    return STATE_MARKS[state][0]


@asynccontextmanager
async def opened(lab: Lab) -> AsyncIterator[Pilot[None]]:
    """Open the lab over real runs, in the smallest terminal that it is made for."""
    app = LabApp(RunStore(lab.checkpoints), outside=WITH_WORKERS)
    async with app.run_test(size=(80, 24)) as pilot:
        yield pilot


def lab_of(pilot: Pilot[None]) -> LabApp:
    app = pilot.app
    assert isinstance(app, LabApp)
    return app


def has_mark(pilot: Pilot[None], name: str, mark: str) -> Callable[[], bool]:
    """Return a check whether a run's row has a mark."""
    table = home(lab_of(pilot)).table

    def check() -> bool:
        names = [str(row.key.value) for row in table.ordered_rows]
        return name in names and mark in table.get_row(name)[0].plain

    return check


async def until_said(pilot: Pilot[None], name: str, state: str, mark: str, *why: str) -> None:
    """Wait until a run has a mark in the table; choose it; wait until line and details say why."""
    await until(pilot, has_mark(pilot, name, mark), START_S)
    page = home(lab_of(pilot))
    page.table.choose(name)
    await until(pilot, lambda: f"{name} {state}: " in line(pilot))
    for words in why:
        await until(pilot, partial(says, pilot, words))
    assert page.banner.size.height >= page.banner.virtual_size.height, "nothing of it is cut"


def says(pilot: Pilot[None], words: str) -> bool:
    return words in line(pilot) and words in details(pilot)


def line(pilot: Pilot[None]) -> str:
    return str(home(lab_of(pilot)).banner.render())


def details(pilot: Pilot[None]) -> str:
    return str(home(lab_of(pilot)).query_one(Details).query_one(Static).render())


async def test_a_killed_worker_is_lost_and_the_key_that_is_said_brings_it_back(lab: Lab) -> None:
    run = lab.train("killed", *ENDLESS)
    lab.until_step(run, 1)
    async with opened(lab) as pilot:
        await until(pilot, has_mark(pilot, "killed", mark_of("running")))
        worker = run.status().pid
        os.kill(worker, signal.SIGKILL)
        why = (
            "its worker died without a message",
            str(worker),
            "the key `r` continues the run",
        )
        await until_said(pilot, "killed", "lost", mark_of("lost"), *why)
        await pilot.press("r")
        await until(pilot, run.is_alive)
        await until(pilot, lambda: not home(lab_of(pilot)).banner.display)


@pytest.mark.parametrize(
    ("options", "state", "mark", "why"),
    [
        (["--lr", "1000", "--weight-decay", "10", "--one-hot"], "failed", mark_of("failed"),
         "lower lr"),
        (["--lr", "30", "--max-skipped", "100000000"], "in trouble", TROUBLE_MARK[0],
         "lower lr or set clip with the key `S`"),
    ],
    ids=["to its end", "and trains on"],
)  # fmt: skip
async def test_a_run_that_diverges_is_in_trouble_or_has_failed(
    lab: Lab, options: list[str], state: str, mark: str, why: str
) -> None:
    lab.train("wild", *ENDLESS, *NO_CLIP, *options)
    async with opened(lab) as pilot:
        await until_said(pilot, "wild", state, mark, why)


def flush_to_full_disk(_journal: Journal) -> None:
    """Write to where every write finds that no space is left."""
    with Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"a record")


@pytest.mark.skipif(not can_fork(), reason="the worker must be a copy of this process")
async def test_a_full_disk_is_said_with_what_makes_room(trained: Lab, lab: Lab) -> None:
    run = lab.copy(trained.open("stream"), "full")
    config = run.paths.config.read_text(encoding="utf-8")
    run.paths.config.write_text(config.replace("steps = 150", "steps = 160"), encoding="utf-8")
    stopped = replace(run.status(), state="stopped")
    replace_text(run.paths.status, encode_status(stopped))
    with mock.patch.object(Journal, "flush", flush_to_full_disk), forked_workers():
        control.resume(run)
    lab.until_state(run, "failed")
    async with opened(lab) as pilot:
        why = ("the disk is full", "free some space", "the key `r`")
        await until_said(pilot, "full", "failed", mark_of("failed"), *why)


async def test_want_of_memory_is_said_with_what_needs_less(lab: Lab) -> None:
    mine = psutil.Process().memory_info().vms if can_fork() else size_of_libraries()
    limit = mine + (3 << 30)  # one matrix of the model has 4 << 30
    lab.start(
        "train", lab.text, "--name", "big", "--detach", "--hidden", "16384", "--device", "cpu",
        is_forked=True, preexec_fn=partial(resource.setrlimit, resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    async with opened(lab) as pilot:
        why = ("out of memory", "lower --batch, --length or --hidden")
        await until_said(pilot, "big", "failed", mark_of("failed"), *why)


def size_of_libraries() -> int:
    """Return the address space of the files that this process has mapped, in bytes: torch's."""
    import torch  # noqa: F401

    maps = psutil.Process().memory_maps(grouped=False)
    sizes = (one.addr.split("-") for one in maps if one.path.startswith("/"))
    return sum(int(end, 16) - int(start, 16) for start, end in sizes)
