"""Captured computations: inputs are copied, results overwritten, shapes kept apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from rnnlab.models import Captured, has_graphs
from tests.toys.graphs import RepeatingGraph

T = TypeVar("T")


def doubled(inputs: Sequence[Tensor]) -> Tensor:
    return 2 * inputs[0]


@pytest.fixture
def graphs() -> list[RepeatingGraph]:
    return []


def captured(graphs: list[RepeatingGraph], max_shapes: int = 8) -> Captured[Tensor]:
    notes: list[str] = []

    def make() -> RepeatingGraph:
        graphs.append(RepeatingGraph())
        return graphs[-1]

    return Captured(doubled, make, notes.append, max_shapes=max_shapes)


def test_the_fourth_call_and_those_after_it_replay_a_graph(graphs: list[RepeatingGraph]) -> None:
    double = captured(graphs)
    results = [double([torch.tensor([float(number)])]) for number in range(3)]
    assert [result.item() for result in results] == [0.0, 2.0, 4.0]
    assert graphs[0].num_replays == 0
    assert double([torch.tensor([7.0])]).item() == 14.0
    assert double([torch.tensor([8.0])]).item() == 16.0
    assert graphs[0].num_replays == 2


def test_the_callers_inputs_are_read_and_not_kept(graphs: list[RepeatingGraph]) -> None:
    double, x = captured(graphs), torch.tensor([1.0])
    for _ in range(5):
        double([x])
    double([torch.tensor([5.0])])
    assert x.item() == 1.0
    x.fill_(3.0)
    assert double([x]).item() == 6.0


def test_each_combination_of_shapes_has_its_graph(graphs: list[RepeatingGraph]) -> None:
    double = captured(graphs, max_shapes=2)
    for _ in range(5):
        for size in (1, 2, 3):
            assert double([torch.arange(float(size))]).tolist() == [2.0 * i for i in range(size)]
    assert [graph.num_replays for graph in graphs] == [2, 2]


def test_after_a_failed_capture_all_is_computed_without_graphs() -> None:
    class Failing(RepeatingGraph):
        def capture(self, compute: Callable[[], T]) -> T:
            raise RuntimeError("not permitted\nwhile the stream is capturing")

    notes: list[str] = []
    made: list[Failing] = []

    def make() -> Failing:
        made.append(Failing())
        return made[-1]

    double = Captured(doubled, make, notes.append)
    for size in (1, 2):
        for _ in range(6):
            assert double([torch.ones(size)]).tolist() == [2.0] * size
    assert notes == ["computing without CUDA graphs: not permitted"]
    assert len(made) == 1


def test_an_error_of_the_computation_itself_is_the_callers() -> None:
    def fail(_inputs: Sequence[Tensor]) -> Tensor:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        Captured(fail, RepeatingGraph, print)([torch.ones(1)])


def test_only_a_gpu_has_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_graphs(torch.device("cpu"))
    assert has_graphs(torch.device("cuda:1"))
    monkeypatch.setenv("RNNLAB_CUDA_GRAPHS", "0")
    assert not has_graphs(torch.device("cuda:1"))
