"""Steps in torch: every cell on every device.

Shapes: R rows, T tokens of a row, V tokens of the vocabulary, F features (inputs of the head), N
rows of features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab import cells
from rnnlab.inference.steppers._base import Floats, Rows
from rnnlab.models import Captured, CudaGraph, Graph, LanguageModel, has_graphs


class TorchState(NamedTuple):
    """State of some rows, on the model's device."""

    layers: cells.State
    features_RF: Tensor


class TorchStepper:
    """Takes steps of the model in torch; on the CPU, arrays and tensors share memory."""

    is_exact = False
    """Torch may round the sums of another number of rows, or of threads, differently."""

    def __init__(self, model: LanguageModel, make_graph: Callable[[], Graph] | None = None) -> None:
        """Step with a model; make_graph: captures steps, by default on a GPU only."""
        self._model = model
        if make_graph is None and has_graphs(model.device):
            make_graph = partial(CudaGraph, model.device)
        self._has_graphs = make_graph is not None
        self._compute: Callable[[Sequence[Tensor]], tuple[Tensor, TorchState]] = self._step
        if make_graph is not None:  # without a graph, the steps are only slower
            self._compute = Captured(self._step, make_graph, lambda _reason: None)

    def begin(self) -> TorchState:
        """Return the state of one row before the first token; implements `Stepper.begin`."""
        features_1F, layers = self._model.begin(1)
        return TorchState(layers, features_1F)

    def read(self, state: TorchState, tokens_RT: Rows) -> tuple[Floats, TorchState]:
        """Run torch's kernel for whole sequences, or ours; implements `Stepper.read`."""
        self._check(tokens_RT, self._model.vocab_size)
        y_RTF, layers = self._model.read_on(self._to_device(tokens_RT), state.layers)
        features_RTF: Floats = y_RTF.cpu().numpy()
        return features_RTF, TorchState(layers, y_RTF[:, -1])

    def predict(self, features_NF: Floats) -> Floats:
        """Run the head; implements `Stepper.predict`."""
        features = torch.from_numpy(np.ascontiguousarray(features_NF)).to(self._model.device)
        log_probs_NV: Floats = self._model.predict_next(features).cpu().numpy()
        return log_probs_NV

    @torch.inference_mode()
    def step(self, state: TorchState, parents_R: Rows, tokens_R: Rows) -> tuple[Floats, TorchState]:
        """Select the parents' rows, then take a step; implements `Stepper.step`."""
        self._check(parents_R, len(state.features_RF))
        self._check(tokens_R, self._model.vocab_size)
        ids = [self._to_device(parents_R), self._to_device(tokens_R)]
        log_probs_RV, after = self._compute([*ids, *chain(*state.layers)])
        if self._has_graphs:  # the next call writes over these results
            layers = tuple(tuple(part.clone() for part in layer) for layer in after.layers)
            after = TorchState(layers, after.features_RF.clone())
        return log_probs_RV.cpu().numpy(), after

    def _step(self, inputs: Sequence[Tensor]) -> tuple[Tensor, TorchState]:
        """Return the log-probs [R, V] and the state; inputs: parents, tokens, parts of layers."""
        parents_R, tokens_R, *parts = inputs
        size = self._model.rnn.cell.num_states
        layers = tuple(tuple(parts[i : i + size]) for i in range(0, len(parts), size))
        parents = cells.select(layers, parents_R)
        features_RF, after = self._model.rnn.step(self._model.embed(tokens_R), parents)
        log_probs_RV = self._model.log_probs(self._model.logits(features_RF))
        return log_probs_RV.contiguous(), TorchState(after, features_RF)

    @property
    def writer(self) -> None:
        """None, because several steps of torch per call would not be faster."""
        return None

    def features(self, state: TorchState) -> Floats:
        """Return a copy of the features; implements `Stepper.features`."""
        features: Floats = state.features_RF.cpu().numpy().copy()
        return features

    @torch.inference_mode()
    def select(self, state: TorchState, rows_R: Rows) -> TorchState:
        """Return a copy of the rows; implements `Stepper.select`."""
        rows = self._to_device(rows_R)
        return TorchState(cells.select(state.layers, rows), state.features_RF.index_select(0, rows))

    @torch.inference_mode()
    def join(self, states: Sequence[TorchState]) -> TorchState:
        """Return a copy of the rows of all states; implements `Stepper.join`."""
        layers = tuple(
            tuple(torch.cat(parts) for parts in zip(*layers, strict=True))
            for layers in zip(*(state.layers for state in states), strict=True)
        )
        return TorchState(layers, torch.cat([state.features_RF for state in states]))

    def _to_device(self, ids: Rows) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(ids, np.int64)).to(self._model.device)

    @staticmethod
    def _check(ids: NDArray[np.int64], size: int) -> None:
        """Raise IndexError for an id out of range, which on a GPU would abort the process."""
        if ids.size and not 0 <= ids.min() <= ids.max() < size:
            raise IndexError(f"rows or tokens out of range: {ids.min()} to {ids.max()} of {size}")
