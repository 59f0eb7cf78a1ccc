"""Computations of fixed shapes as CUDA graphs: one launch replays all kernels of a call.

A small network spends most of a step on launching kernels one by one. A graph holds them with the
addresses of their tensors, so the inputs of a call are copied to where those of the captured call
were, and the results of a call are written over those of the call before.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

WARM_UP = 3
"""Number of calls before the capture, in which libraries allocate and choose their kernels."""


class Graph(Protocol):
    """Records one computation and repeats it."""

    def warm_up(self, compute: Callable[[], T]) -> T:
        """Return the results of a call without recording it."""
        ...

    def capture(self, compute: Callable[[], T]) -> T:
        """Record a call; return its results, whose tensors have no values before `replay`."""
        ...

    def replay(self) -> None:
        """Repeat the call: read its inputs and write its results where they are."""
        ...


class CudaGraph:
    """A graph of the current CUDA device.

    generator: random generator that the computation draws from; each replay draws new numbers.
    """

    def __init__(self, generator: torch.Generator | None = None) -> None:
        self._graph = torch.cuda.CUDAGraph()
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        if generator is not None:
            self._graph.register_generator_state(generator)

    def warm_up(self, compute: Callable[[], T]) -> T:
        """Compute on the stream of the capture, so that nothing of it belongs to another one."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            results = compute()
        current.wait_stream(self._stream)
        return results

    def capture(self, compute: Callable[[], T]) -> T:
        """Raise RuntimeError if something waits for the device or allocates outside of torch."""
        with torch.cuda.graph(self._graph, stream=self._stream):
            return compute()

    def replay(self) -> None:
        """Launch the graph on the current stream."""
        self._graph.replay()


def has_graphs(device: torch.device) -> bool:
    """Return whether computations on `device` are captured; RNNLAB_CUDA_GRAPHS=0 disables it."""
    return device.type == "cuda" and os.environ.get("RNNLAB_CUDA_GRAPHS") != "0"


class Captured(Generic[T]):
    """Calls `compute`: kernel by kernel, and from the fourth call with the same shapes as a graph.

    compute: must not wait for the device; all that it reads and changes, except its inputs, must
    stay at the same addresses. make_graph: is called once per combination of shapes. max_shapes:
    limit of their number; calls with further shapes are not captured.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Tensor]], T],
        make_graph: Callable[[], Graph],
        *,
        max_shapes: int = 8,
    ) -> None:
        self._compute = compute
        self._make_graph = make_graph
        self._max_shapes = max_shapes
        self._by_shapes: dict[tuple[torch.Size, ...], _Capture[T]] = {}

    def __call__(self, inputs: Sequence[Tensor]) -> T:
        """Return the results; the next call with the same shapes may overwrite their tensors."""
        shapes = tuple(tensor.shape for tensor in inputs)
        capture = self._by_shapes.get(shapes)
        if capture is None:
            if len(self._by_shapes) >= self._max_shapes:
                return self._compute(inputs)
            capture = self._by_shapes[shapes] = _Capture(self._compute, self._make_graph())
        return capture.run(inputs)


class _Capture(Generic[T]):
    """The calls with one combination of shapes."""

    def __init__(self, compute: Callable[[Sequence[Tensor]], T], graph: Graph) -> None:
        self._compute = compute
        self._graph = graph
        self._num_warm = 0
        self._recorded: tuple[list[Tensor], T] | None = None

    def run(self, inputs: Sequence[Tensor]) -> T:
        if self._num_warm < WARM_UP:
            self._num_warm += 1
            return self._graph.warm_up(partial(self._compute, inputs))
        if self._recorded is None:
            buffers = [tensor.clone() for tensor in inputs]
            self._recorded = buffers, self._graph.capture(partial(self._compute, buffers))
        buffers, results = self._recorded
        for buffer, tensor in zip(buffers, inputs, strict=True):
            buffer.copy_(tensor, non_blocking=True)
        self._graph.replay()
        return results
