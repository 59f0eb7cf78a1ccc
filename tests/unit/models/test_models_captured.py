"""Captured computations: inputs are copied, results overwritten, shapes kept apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from rnnlab.models import Captured, CudaGraph, has_graphs
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


class Driver:
    """Stands for torch's interface to CUDA and notes the calls in their order."""

    def __init__(self, *, fails: bool = False) -> None:
        self.calls: list[str] = []
        self._fails = fails

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own, current = SideStream("own", self.calls), SideStream("current", self.calls)
        monkeypatch.setattr(torch.cuda, "Stream", lambda _device: own)
        monkeypatch.setattr(torch.cuda, "current_stream", lambda _device: current)
        monkeypatch.setattr(torch.cuda, "stream", lambda stream: self._within(f"on {stream.name}"))
        monkeypatch.setattr(torch.cuda, "device", lambda device: self._within(f"on {device}"))
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: self)
        monkeypatch.setattr(torch.cuda, "graph", self._capture)

    def register_generator_state(self, _generator: torch.Generator) -> None:
        self.calls.append("register")

    def replay(self) -> None:
        self.calls.append("replay")

    @contextmanager
    def _within(self, what: str) -> Iterator[None]:
        self.calls.append(what)
        try:
            yield
        finally:
            self.calls.append(f"end {what}")

    @contextmanager
    def _capture(self, graph: object, stream: SideStream) -> Iterator[None]:
        assert graph is self
        self.calls.append(f"capture {stream.name}")
        yield
        if self._fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        self.calls.append("captured")


class SideStream:
    """A stream of kernels that notes what it waits for."""

    def __init__(self, name: str, calls: list[str]) -> None:
        self.name, self._calls = name, calls

    def wait_stream(self, other: SideStream) -> None:
        self._calls.append(f"{self.name} waits for {other.name}")


def test_warm_up_and_capture_share_a_stream_that_waits_for_the_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = Driver()
    driver.install(monkeypatch)
    graph = CudaGraph(torch.device("cuda:1"))
    assert graph.warm_up(lambda: 7) == 7
    assert driver.calls == [
        "own waits for current", "on own", "end on own", "current waits for own",
    ]  # fmt: skip
    driver.calls.clear()
    assert graph.capture(lambda: 8) == 8
    assert driver.calls[:2] == ["on own", "capture own"]
    assert "captured" in driver.calls
    driver.calls.clear()
    graph.replay()
    assert driver.calls == ["on cuda:1", "replay", "end on cuda:1"]


class DeviceGenerator(torch.Generator):
    """A generator of the CPU with the interface of one that graphs can register."""

    def graphsafe_set_state(self, state: torch.Generator) -> torch.Generator:
        self.set_state(state.get_state())
        return self


def test_after_a_failed_capture_the_generator_draws_what_it_would_have_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = Driver(fails=True)
    driver.install(monkeypatch)
    generator, twin = (DeviceGenerator().manual_seed(5) for _ in range(2))
    graph = CudaGraph(torch.device("cuda:0"), generator)
    assert driver.calls == ["register"]
    with pytest.raises(RuntimeError, match="capturing"):
        graph.capture(lambda: torch.rand(3, generator=generator))
    assert driver.calls[-1] == "end on own", "the outer stream is left after an error, too"
    assert torch.equal(torch.rand(4, generator=generator), torch.rand(4, generator=twin))
