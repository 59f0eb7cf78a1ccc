"""The number of threads of a training process, and results that do not depend on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import torch

from rnnlab import native
from rnnlab.runs.mailbox import Command
from rnnlab.training import Session, train
from tests.toys.steppers import needs_native

Start = Callable[..., Session]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Restore the numbers of threads of this process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
    native.set_num_threads(None)


def numbers(start: Start, monkeypatch: pytest.MonkeyPatch, threads: int, cores: int) -> list[int]:
    """Return the threads of torch and of the kernels in a session on some cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(cores)))
    taken: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(torch, "set_num_threads", taken.append)
        start(threads=threads, engine="fused")
    return taken


def test_on_torchs_kernels_a_run_uses_half_the_cores_by_default(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert numbers(start, monkeypatch, 0, 8) == [4]
    assert numbers(start, monkeypatch, 3, 8) == [3]
    assert numbers(start, monkeypatch, 0, 1) == [1]


@needs_native
def test_on_our_kernels_a_run_may_use_all_cores_and_torch_one(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)))
    start(threads=0)
    assert (torch.get_num_threads(), native.num_threads()) == (1, 8)
    start(threads=3)
    assert (torch.get_num_threads(), native.num_threads()) == (1, 3)


@needs_native
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_run_resumed_on_another_number_of_threads_has_the_same_bits(
    start: Start, cell: str
) -> None:
    settings = {"cell": cell, "layers": 2, "dropout": 0.2, "batch": 9, "engine": "native"}
    whole = start("whole", threads=1, **settings)
    assert train(whole) == "finished"
    assert train(start("cut", {9: [Command("stop")]}, threads=2, **settings)) == "stopped"
    resumed = start("cut", threads=5, **settings)
    assert train(resumed) == "finished"
    pairs = zip(resumed.model.parameters(), whole.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
