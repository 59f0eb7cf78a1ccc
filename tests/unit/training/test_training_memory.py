"""A step that fails for lack of memory: the run is saved at its last whole step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.training import Session, train
from tests.toys.sessions import snapshot

Start = Callable[..., Session]


def fail_at(session: Session, step: int, *, is_halfway: bool = False) -> None:
    """Make the computation of a step fail as torch does on a GPU without memory."""
    compute = session.compute

    def failing(work: object) -> object:
        if session.state.step == step:
            if is_halfway:
                with torch.no_grad():
                    session.model.head.bias.add_(1.0)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return compute(work)  # type: ignore[arg-type]

    session.compute = failing  # type: ignore[assignment]


def test_the_run_is_saved_at_its_last_whole_step(start: Start) -> None:
    whole, session = start("whole"), start("run")
    train(whole)
    fail_at(session, 9)
    with pytest.raises(torch.OutOfMemoryError):
        train(session)
    assert session.paths.read_pointer("last") == 8
    session.saver.rescue()
    assert session.paths.read_pointer("last") == 9
    resumed = start("run")
    train(resumed)
    for one, other in zip(snapshot(resumed), snapshot(whole), strict=True):
        assert one.equal(other)


def test_a_step_that_was_left_halfway_is_not_saved(start: Start) -> None:
    session = start()
    fail_at(session, 9, is_halfway=True)
    with pytest.raises(torch.OutOfMemoryError):
        train(session)
    session.saver.rescue()
    assert session.paths.checkpoint_steps()[-1] == 8
