"""Workers on a disk that takes no bytes, and without memory: the status has reason and remedy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
import torch

from rnnlab.base.files import replace_text
from rnnlab.runs import control, launch
from rnnlab.runs.records import encode_status
from rnnlab.runs.run import Run
from tests.toys.forked_workers import fork_worker, forked_workers
from tests.toys.full_disk import full_disk
from tests.toys.lab import Lab


def stopped(trained: Lab, lab: Lab, name: str) -> Run:
    """Return a copy of a run that can be resumed."""
    run = lab.copy(trained.open("stream"), name)
    config = run.paths.config.read_text(encoding="utf-8")
    run.paths.config.write_text(config.replace("steps = 150", "steps = 160"), encoding="utf-8")
    replace_text(run.paths.status, encode_status(replace(run.status(), state="stopped")))
    return run


def test_a_worker_that_cannot_write_its_first_status_is_not_called_killed(
    trained: Lab, lab: Lab
) -> None:
    run = stopped(trained, lab, "full")
    run.paths.log.write_bytes(b"")

    def start_on_full_disk(*arguments: Any) -> int:
        with full_disk(beyond=400):  # the log has space for a line, the status has none
            return fork_worker(*arguments)

    with mock.patch.object(launch, "start_worker", start_on_full_disk):
        control.resume(run)
    Lab.until(lambda: run.status().state == "lost", "the worker has ended")
    reason = run.status().reason
    assert "killed" not in reason
    assert "a file has reached the largest size that is allowed" in reason
    assert reason.endswith("then use `rnnlab resume full`")
    with forked_workers():
        control.resume(run)
    lab.until_state(run, "finished")


def test_a_run_out_of_memory_is_saved_and_says_what_to_lower(
    trained: Lab, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stopped(trained, lab, "big")
    backward: Any = torch.Tensor.backward
    num_calls = 0

    def failing(*arguments: Any, **options: Any) -> None:
        nonlocal num_calls
        num_calls += 1
        if num_calls == 4:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        backward(*arguments, **options)

    monkeypatch.setattr(torch.Tensor, "backward", failing)
    with forked_workers():
        control.resume(run)
    lab.until_state(run, "failed")
    reason = run.status().reason
    assert reason.startswith("out of memory on the GPU (2.00 GiB more needed); lower --batch")
    assert reason.endswith("then use `rnnlab resume big`")
    assert run.paths.read_pointer("last") == 153
