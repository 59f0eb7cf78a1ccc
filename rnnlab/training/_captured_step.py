"""Training steps as CUDA graphs: for small networks, launching the kernels would take longer.

The steps of a stream have one shape, and so has the state that they carry. The batches of other
tasks have many shapes: the first few are captured, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain

import torch
from torch import Tensor

from rnnlab.cells import State
from rnnlab.models import Captured, CudaGraph, Graph, has_graphs
from rnnlab.settings.run_config import RunConfig
from rnnlab.training._optimizer import is_capturable
from rnnlab.training._step import Compute, Outcome, Work, compute_step


def fastest_step(
    device: torch.device, optimizer: torch.optim.Optimizer, note: Callable[[str], None]
) -> Compute:
    """Return the step for a device and an optimiser, whose state must stay where it is.

    note: called with the reason if a capture fails; the steps are then computed kernel by kernel.
    """
    if has_graphs(device) and is_capturable(optimizer):
        return CapturedStep(partial(CudaGraph, device), note)
    return compute_step


class CapturedStep:
    """Takes steps with one model and one optimiser; the settings may change."""

    def __init__(
        self, make_graph: Callable[[torch.Generator], Graph], note: Callable[[str], None]
    ) -> None:
        self._make_graph = make_graph
        self._note = note
        self._config: RunConfig | None = None
        self._captured: Captured[Outcome] | None = None

    def __call__(self, work: Work) -> Outcome:
        """Take a step; the states and the norms of the parameters are valid until the next one."""
        if work.example.lengths_B is not None:  # the host reads them
            return compute_step(work)
        if self._captured is None or work.config is not self._config:
            self._config = work.config  # clip and smoothing are constants of a graph
            self._captured = self._capture(work)
        outcome = self._captured(_inputs(work))
        for name, gradient in outcome.gradients.items():
            work.model.learnt[name].grad = gradient
        loss, norm = outcome.loss.clone(), outcome.norm.clone()
        largest = None if outcome.largest is None else outcome.largest.clone()
        return outcome._replace(loss=loss, norm=norm, largest=largest)

    def _capture(self, work: Work) -> Captured[Outcome]:
        def compute(inputs: Sequence[Tensor]) -> Outcome:
            return compute_step(_with_inputs(work, inputs))

        return Captured(compute, lambda: self._make_graph(work.generator), self._note)


def _inputs(work: Work) -> list[Tensor]:
    """Return the tensors that differ from step to step."""
    tokens_BT, targets, _ = work.example
    return [tokens_BT, targets, *chain(*work.carried), *chain(*work.fresh)]


def _with_inputs(work: Work, inputs: Sequence[Tensor]) -> Work:
    """Return `work` with the tensors that `_inputs` names."""
    tokens_BT, targets, *parts = inputs
    rest = iter(parts)

    def next_state(like: State) -> State:
        return tuple(tuple(next(rest) for _ in layer) for layer in like)

    example = work.example._replace(tokens_BT=tokens_BT, targets=targets)
    return work._replace(
        example=example, carried=next_state(work.carried), fresh=next_state(work.fresh)
    )
