"""A CUDA graph without CUDA: records a computation, and repeats it into the same tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


def tensors_of(value: object) -> Iterator[Tensor]:
    """Yield the tensors in nested tuples, lists and dicts, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors_of(list(value.values()))
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors_of(part)


class RepeatingGraph:
    """Repeats a computation as a CUDA graph does: with the inputs and results of the capture.

    changed: returns the tensors that the computation changes; a capture leaves them as they are,
    and `generator`, too. The results of the capture are NaN, or the largest integer, until the
    first replay.
    """

    def __init__(
        self,
        generator: torch.Generator | None = None,
        changed: Callable[[], Iterable[Tensor]] = tuple,
    ) -> None:
        self._generator = generator
        self._changed = changed
        self._compute: Callable[[], Any] | None = None
        self._results: object = None
        self.num_replays = 0

    def warm_up(self, compute: Callable[[], T]) -> T:
        """Compute."""
        return compute()

    def capture(self, compute: Callable[[], T]) -> T:
        """Compute, and forget the values."""
        before = [(tensor, tensor.detach().clone()) for tensor in self._changed()]
        drawn = None if self._generator is None else self._generator.get_state()
        results = compute()
        for result in tensors_of(results):
            limit = torch.nan if result.is_floating_point() else torch.iinfo(result.dtype).max
            result.detach().fill_(limit)
        with torch.no_grad():
            for tensor, value in before:
                tensor.copy_(value)
        if self._generator is not None and drawn is not None:
            self._generator.set_state(drawn)
        self._compute, self._results = compute, results
        return results

    def replay(self) -> None:
        """Compute again, and write over the results."""
        assert self._compute is not None, "nothing was captured"
        self.num_replays += 1
        for mine, new in zip(tensors_of(self._results), tensors_of(self._compute()), strict=True):
            mine.detach().copy_(new)
