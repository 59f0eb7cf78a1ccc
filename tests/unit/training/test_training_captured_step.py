"""Training steps that are captured: the same run as step by step, whatever changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from rnnlab.runs.mailbox import Command
from rnnlab.training import CapturedStep, Session, fastest_step, train
from tests.toys.graphs import RepeatingGraph, tensors_of
from tests.toys.sessions import events, snapshot, spoil, trains

T = TypeVar("T")
Start = Callable[..., Session]


class Graphs:
    """Makes the graphs of a session's steps, and keeps them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.made: list[RepeatingGraph] = []
        session.compute = CapturedStep(self, lambda text: session.log.note("note", text))

    def __call__(self, generator: torch.Generator) -> RepeatingGraph:
        self.made.append(RepeatingGraph(generator, self._changed))
        return self.made[-1]

    def _changed(self) -> list[Tensor]:
        states = self._session.optimizer.state.values()
        return [*self._session.model.parameters(), *chain(*map(tensors_of, states))]

    @property
    def num_replays(self) -> int:
        return sum(graph.num_replays for graph in self.made)


@pytest.mark.parametrize(
    "values",
    [
        {"cell": "lstm", "layers": 2, "dropout": 0.3},
        {"cell": "gru", "clip_value": 0.01, "label_smoothing": 0.1, "optimizer": "sgd"},
        {"cell": "rnn", "bidirectional": True, "task": "classify"},
        {"task": "sentences", "weight_decay": 0.01, "recurrent_dropout": 0.2},
    ],
    ids=["stacked", "clipped", "classifier", "sentences"],
)
def test_a_captured_run_is_the_same_run(start: Start, values: dict[str, object]) -> None:
    plain, captured = start("plain", steps=30, **values), start("captured", steps=30, **values)
    graphs = Graphs(captured)
    train(plain)
    train(captured)
    expected = [
        replace(record, time_s=other.time_s, tokens_per_s=other.tokens_per_s)
        for record, other in zip(trains(plain), trains(captured), strict=True)
    ]
    assert trains(captured) == expected
    for one, other in zip(snapshot(captured), snapshot(plain), strict=True):
        assert torch.equal(one, other)
    for name, parameter in captured.model.named_parameters():
        gradient, expected_one = parameter.grad, plain.model.get_parameter(name).grad
        assert gradient is not None
        assert expected_one is not None
        assert torch.equal(gradient, expected_one)
    assert (graphs.num_replays > 0) == (values.get("task") != "classify")


def test_a_change_of_settings_is_captured_anew(start: Start) -> None:
    script = {8: [Command("set", "clip", 0.001)]}
    plain = start("plain", dict(script), steps=16)
    captured = start("captured", dict(script), steps=16)
    graphs = Graphs(captured)
    train(plain)
    train(captured)
    assert [graph.num_replays for graph in graphs.made] == [5, 5]
    for one, other in zip(snapshot(captured), snapshot(plain), strict=True):
        assert torch.equal(one, other)


def test_a_skipped_step_changes_no_weight(start: Start) -> None:
    session = start(steps=12, max_skipped=50)
    graphs = Graphs(session)
    spoil(session, lambda step: step == 9)
    train(session)
    assert sum(record.skipped for record in trains(session)) == 1
    assert all(part.isfinite().all() for part in session.model.parameters())
    assert graphs.num_replays > 0


def test_a_failed_capture_is_noted_and_the_run_goes_on(start: Start) -> None:
    class Failing(RepeatingGraph):
        def capture(self, compute: Callable[[], T]) -> T:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")

    plain, session = start("plain", steps=10), start("failing", steps=10)
    session.compute = CapturedStep(Failing, lambda text: session.log.note("note", text))
    train(plain)
    train(session)
    notes = [event.message for event in events(session, "note")]
    reason = "operation not permitted when stream is capturing"
    assert notes.count(f"computing without CUDA graphs: {reason}") == 1
    for one, other in zip(snapshot(session), snapshot(plain), strict=True):
        assert torch.equal(one, other)


def test_a_rollback_forgets_the_graphs(start: Start) -> None:
    """It loads other tensors into the optimiser, which a graph would not read."""
    session = start(steps=30, on_divergence="rollback", max_skipped=2)
    Graphs(session)
    captured, num_bad = session.compute, iter(range(3))
    spoil(session, lambda step: step >= 20 and next(num_bad, None) is not None)
    train(session)
    assert len(events(session, "rollback")) == 1
    assert session.compute is not captured


def test_the_step_of_a_gpu_is_captured_unless_the_optimiser_waits() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    gpu = torch.device("cuda")
    adam, rmsprop = torch.optim.Adam([weight]), torch.optim.RMSprop([weight])
    assert isinstance(fastest_step(gpu, adam, print), CapturedStep)
    assert not isinstance(fastest_step(gpu, rmsprop, print), CapturedStep)
    assert not isinstance(fastest_step(torch.device("cpu"), adam, print), CapturedStep)
