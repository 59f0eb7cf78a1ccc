"""Probes of a run in training: their records, and that they do not change the run."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from rnnlab.insight import gradient_through_time, probe
from rnnlab.runs.history import History, read_history
from rnnlab.training import Session, train
from rnnlab.training._probing import is_on_grid
from tests.toys.sessions import Clock

Start = Callable[..., Session]


@pytest.fixture
def start(start: Start) -> Start:
    """Start sessions with a stopped clock: small models would be probed less often."""
    return partial(start, seams={"clock": Clock()})


def history_of(session: Session) -> History:
    return read_history(session.paths.journal)


@pytest.mark.parametrize("task", ["stream", "sentences", "classify"])
def test_probes_run_after_the_first_step_and_every_n_steps(start: Start, task: str) -> None:
    session = start(task=task, probe_every=10)
    train(session)
    probes = history_of(session).probes
    assert [record.step for record in probes] == [1, 10, 20]
    assert {record.num_rows for record in probes} <= set(range(1, 9))
    gates = {"l0.i", "l0.f", "l0.o"}
    for record in probes:
        assert set(record.gates) == set(record.shut) == set(record.open) == gates
        assert all(sum(bins) == pytest.approx(1.0, abs=1e-4) for bins in record.gates.values())
        assert len(record.of_last["l0"]) == len(record.of_all["l0"]) == record.length


def test_a_probe_is_of_the_weights_of_its_step(start: Start) -> None:
    session = start(probe_every=12, steps=24, layers=2, cell="gru")
    train(session)
    sample = session.probe.sample
    assert sample is not None
    last = history_of(session).probes[-1]
    assert last == probe(session.model, sample, 24).record
    for layer in gradient_through_time(session.model.eval(), sample):
        assert last.of_last[layer.name] == pytest.approx(layer.of_last_T.tolist(), rel=1e-3)


def test_probing_changes_nothing(start: Start) -> None:
    """Not a bit of the loss or the weights, nor a random generator, even with dropout."""
    settings = {"layers": 2, "dropout": 0.4, "task": "sentences"}
    seen, unseen = (start(f"run{n}", probe_every=n, **settings) for n in (1, 0))
    chance = torch.random.get_rng_state()
    for session in (seen, unseen):
        train(session)
    assert len(history_of(seen).probes) == 24
    assert not history_of(unseen).probes
    assert [r.train_loss for r in history_of(seen).train] == [
        r.train_loss for r in history_of(unseen).train
    ]
    for name, weight in seen.model.state_dict().items():
        assert torch.equal(weight, unseen.model.state_dict()[name])
    assert torch.equal(seen.state.generator.get_state(), unseen.state.generator.get_state())
    assert torch.equal(chance, torch.random.get_rng_state())


def test_a_resumed_run_has_the_probes_of_an_uninterrupted_one(start: Start) -> None:
    class Killed(BaseException):
        pass

    def kill(step: int) -> None:
        if step == 15:
            raise Killed

    whole, killed = (start(name, probe_every=2) for name in ("whole", "killed"))
    train(whole)
    killed.control.on_step = kill  # type: ignore[attr-defined]
    with pytest.raises(Killed):
        train(killed)
    resumed = start("killed", probe_every=2)
    train(resumed)
    assert history_of(resumed).probes == history_of(whole).probes


def test_slow_probes_are_rarer(start: Start) -> None:
    """The clock advances 1 s per reading; after a probe of 1 s the next one is due 50 s later."""
    clock = Clock(per_reading=1.0)
    session = start(probe_every=1, steps=24, seams={"clock": clock})
    train(session)
    result = [record.step for record in history_of(session).probes]
    assert result[0] == 1
    assert 1 <= len(result) <= 1 + clock.now / 50


def test_probes_become_rarer_in_a_long_run() -> None:
    on_grid = [step for step in range(1, 200_001) if is_on_grid(step, 50)]
    assert on_grid[:4] == [1, 50, 100, 150]
    assert [b - a for a, b in itertools.pairwise(on_grid)][-1] == 800
    assert len(on_grid) < 1100
    assert [b - a for a, b in itertools.pairwise(on_grid) if b <= 10_000][1:] == [50] * 199


def test_tensorboard_has_a_histogram_of_every_gate(start: Start) -> None:
    session = start(probe_every=10, mirror=True, layers=2)
    train(session)
    session.log.mirror.close()
    result = EventAccumulator(str(session.paths.root), {"histograms": 0, "scalars": 0})
    result.Reload()
    probes = {record.step: record for record in history_of(session).probes}
    for gate in ("l0.i", "l0.f", "l0.o", "l1.i", "l1.f", "l1.o"):
        events = result.Histograms(f"recurrent_gates/values/{gate}")
        assert [event.step for event in events] == list(probes)
        record = probes[events[-1].step]
        size = record.num_rows * record.length * session.config.hidden
        assert events[-1].histogram_value.num == size
        for end in ("shut", "open"):
            shares = {
                event.step: event.value for event in result.Scalars(f"recurrent_gates/{end}/{gate}")
            }
            expected = {step: getattr(record, end)[gate] for step, record in probes.items()}
            assert shares == pytest.approx(expected)
    for layer in ("l0", "l1"):
        lives = {
            event.step: event.value
            for event in result.Scalars(f"recurrent_memory/half_life/{layer}")
        }
        known = {step: r.half_life[layer] for step, r in probes.items()}
        assert lives
        assert lives == pytest.approx(
            {step: life for step, life in known.items() if life is not None}
        )
