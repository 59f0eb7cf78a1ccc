"""A run that was killed, stopped or paused ends as one that was not: same curve, same weights."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.history import read_history
from tests.toys.forked_workers import killed_at

if TYPE_CHECKING:
    from rnnlab.runs.run import Run
    from tests.toys.lab import Call, Lab, SharedLab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

NUM_STEPS = 120
ONE_THREAD = ["--threads", "1"]
"""Curves and weights are compared bit by bit: every worker must split its sums alike."""
# A checkpoint (40) falls into the middle of a window of the journal (7); dropout draws from the
# generator, cosine needs the progress.
COMMON = [
    "--steps", str(NUM_STEPS), "--dropout", "0.3", "--layers", "2", "--schedule", "cosine",
    "--log-every", "7", "--eval-every", "60", "--checkpoint-every", "40", "--optimizer", "adamw",
    *ONE_THREAD,
]  # fmt: skip
STREAM = [
    *COMMON, "--task", "stream", "--length", "16", "--batch", "4", "--engine", "equations"
]  # fmt: skip
SENTENCES = [*COMMON, "--task", "sentences", "--batch", "8", "--cell", "gru"]


def curve(run: Run) -> list[tuple[object, ...]]:
    """Return all that a run's journal says of its course, what depends on the clock left out."""
    history = read_history(run.paths.journal)
    train = [
        (r.step, r.epoch, r.train_loss, r.grad_norm, r.grad_norm_max, r.clipped, r.skipped, r.lr)
        for r in history.train
    ]
    evals = [(r.step, r.epoch, r.val_loss, r.is_best) for r in history.evals]
    layers = [(r.step, *r.grad_norms.items()) for r in history.layers]
    return [*train, *evals, *layers]


def assert_same(run: Run, other: Run, num_steps: int = NUM_STEPS) -> None:
    assert curve(run) == curve(other)
    assert read_history(run.paths.journal).train[-1].step == num_steps
    weights = [r.paths.weights(num_steps).read_bytes() for r in (run, other)]
    assert weights[0] == weights[1]


def num_resumed(run: Run) -> int:
    events = read_history(run.paths.journal).events
    return sum(event.event == "resumed" for event in events)


def until_resumed(lab: Lab, run: Run, times: int) -> None:
    """Wait until a run has been taken up again so many times."""
    lab.until(lambda: num_resumed(run) == times, "it has begun again")


def kill_at(lab: Lab, run: Run, step: int) -> None:
    """Kill a run's worker once its journal has come to `step`."""
    lab.until_step(run, step)
    lab.kill(run)
    assert run.status().state == "lost"


@pytest.fixture(scope="session")
def reference(shared_lab: SharedLab) -> Run:
    """A stream trained without interruption."""

    def build(lab: Lab) -> None:
        lab.until_state(lab.train("reference", *STREAM), "finished")

    return shared_lab("reference", build).open("reference")


def test_sentences_that_were_killed_end_as_if_they_were_not(lab: Lab, call: Call) -> None:
    reference = lab.train("reference", *SENTENCES)
    with killed_at(70):
        run = lab.train("killed", *SENTENCES)
    lab.until_killed(run, 70)
    assert run.paths.read_pointer("last") in (60, 80)
    call(lab, "resume", "killed", "--detach")
    lab.until_state(run, "finished")
    lab.until_state(reference, "finished")
    assert num_resumed(run) == 1
    assert_same(run, reference)


def test_killed_four_times_at_random_it_ends_as_if_it_was_not(lab: Lab, call: Call) -> None:
    """With everything that has a state of its own: average, momentum, masks, early stop."""
    settings = [
        "--dropout", "0.3", "--variational", "--recurrent-dropout", "0.2", "--average", "0.98",
        "--token-dropout", "0.1", "--layers", "2", "--schedule", "plateau", "--patience", "50",
        "--optimizer", "sgd", "--momentum", "0.9", "--lr", "0.3", "--length", "16", "--batch", "4",
        "--engine", "equations", "--steps", "180", "--log-every", "7", "--eval-every",
        "45", "--checkpoint-every", "10", *ONE_THREAD,
    ]  # fmt: skip
    reference, run = (lab.train(name, *settings) for name in ("reference", "killed"))
    # The second half is left alone: a worker must not have ended before it is killed.
    steps = sorted(random.Random(7).sample(range(8, 90), 4))
    for number, step in enumerate(steps):
        # What a killed worker wrote beyond its checkpoint counts until the next one has begun.
        until_resumed(lab, run, number)
        kill_at(lab, run, step)
        call(lab, "resume", "killed", "--detach")
    lab.until_state(run, "finished")
    lab.until_state(reference, "finished")
    assert num_resumed(run) == 4
    assert_same(run, reference, 180)


def test_killed_before_its_first_checkpoint_and_again_it_ends_as_if_it_was_not(
    lab: Lab, call: Call, reference: Run
) -> None:
    with killed_at(7):
        run = lab.train("killed", *STREAM)
    lab.until_killed(run, 7)
    assert run.paths.read_pointer("last") == 0
    with killed_at(70):
        call(lab, "resume", "killed", "--detach")
    lab.until_killed(run, 70)
    assert run.paths.read_pointer("last") in (60, 80)
    call(lab, "resume", "killed", "--detach")
    lab.until_state(run, "finished")
    assert num_resumed(run) == 1
    assert_same(run, reference)


def test_paused_and_then_stopped_it_ends_as_if_nothing_was(
    lab: Lab, call: Call, reference: Run
) -> None:
    run = lab.train("paused", *STREAM)
    lab.until_step(run, 14)
    assert "pauses" in call(lab, "pause", "paused").stdout
    first = lab.until_state(run, "paused")
    size = run.paths.journal.stat().st_size
    lab.until(lambda: run.status().heartbeat > first.heartbeat, "a heartbeat while paused")
    assert run.paths.journal.stat().st_size == size
    assert run.status().step == first.step
    lab.until(lambda: (run.paths.read_pointer("last") or 0) >= first.step, "it is saved")
    call(lab, "pause", "paused", code=2)
    assert "resumes" in call(lab, "resume", "paused").stdout
    lab.until_step(run, first.step + 1)
    assert num_resumed(run) == 0, "the same worker goes on"

    assert "saves and stops" in call(lab, "stop", "paused").stdout
    step = lab.until_state(run, "stopped").step
    last = call(lab, "resume", "paused", "--json").json
    assert (last["state"], last["step"]) == ("finished", NUM_STEPS)
    events = {event.event: event.step for event in read_history(run.paths.journal).events}
    assert events["stopped"] == events["resumed"] == step
    assert_same(run, reference)
