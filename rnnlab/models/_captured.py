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

from rnnlab.base.errors import one_line

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
    """A graph of a CUDA device.

    generator: random generator that the computation draws from; each replay draws new numbers.
    """

    def __init__(self, device: torch.device, generator: torch.Generator | None = None) -> None:
        self._device, self._generator = device, generator
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph = torch.cuda.CUDAGraph()
        if generator is not None:
            self._graph.register_generator_state(generator)

    def warm_up(self, compute: Callable[[], T]) -> T:
        """Compute on the stream of the capture, so that nothing of it belongs to another one."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            results = compute()
        current.wait_stream(self._stream)
        return results

    def capture(self, compute: Callable[[], T]) -> T:
        """Raise RuntimeError if something waits for the device or allocates outside of torch.

        After an error, the generator has its previous state, and draws outside of graphs.
        """
        generator = self._generator
        before = None if generator is None else generator.clone_state()
        try:
            # The outer block is left after an error, too; the graph's own block is not.
            with (
                torch.cuda.stream(self._stream),
                torch.cuda.graph(self._graph, stream=self._stream),
            ):
                return compute()
        except RuntimeError:
            if generator is not None and before is not None:
                generator.graphsafe_set_state(before)
            raise

    def replay(self) -> None:
        """Launch the graph on the current stream of the device."""
        with torch.cuda.device(self._device):
            self._graph.replay()


def has_graphs(device: torch.device) -> bool:
    """Return whether computations on `device` are captured; RNNLAB_CUDA_GRAPHS=0 disables it."""
    return device.type == "cuda" and os.environ.get("RNNLAB_CUDA_GRAPHS") != "0"


class Captured(Generic[T]):
    """Calls `compute`: kernel by kernel, and from the fourth call with the same shapes as a graph.

    compute: must not wait for the device; all that it reads and changes, except its inputs, must
    stay at the same addresses. make_graph: is called once per combination of shapes. note: called
    with the reason if a capture fails; all further calls are then computed kernel by kernel.
    max_shapes: limit of the number of combinations; calls with further shapes are not captured.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Tensor]], T],
        make_graph: Callable[[], Graph],
        note: Callable[[str], None],
        *,
        max_shapes: int = 8,
    ) -> None:
        self._compute = compute
        self._make_graph = make_graph
        self._note = note
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
        try:
            return capture.run(inputs)
        except _CaptureFailedError as error:
            self._max_shapes = 0
            self._by_shapes.clear()  # their memory may be what is missing
            self._note(f"computing without CUDA graphs: {error}")
        return self._compute(inputs)


class _CaptureFailedError(Exception):
    """A computation cannot be captured; `str(error)` is the reason in one line."""


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
        buffers, results = self._recorded or self._record(inputs)
        for buffer, tensor in zip(buffers, inputs, strict=True):
            buffer.copy_(tensor, non_blocking=True)
        self._graph.replay()
        return results

    def _record(self, inputs: Sequence[Tensor]) -> tuple[list[Tensor], T]:
        buffers = [tensor.clone() for tensor in inputs]
        try:
            self._recorded = buffers, self._graph.capture(partial(self._compute, buffers))
        except RuntimeError as error:
            raise _CaptureFailedError(one_line(str(error).partition("\n")[0])) from None
        return self._recorded
