"""Steps in torch: every cell on every device.

Shapes: R rows, V tokens of the vocabulary, F features (inputs of the head), B rows of a
model's state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab import cells
from rnnlab.models._language_model import LanguageModel
from rnnlab.models.steppers._base import Floats, Rows


class TorchState(NamedTuple):
    """State of some rows, on the model's device."""

    layers: cells.State
    features_RF: Tensor


class TorchStepper:
    """Takes steps of the model in torch; on the CPU, arrays and tensors share memory."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @torch.inference_mode()
    def step(self, state: TorchState, parents_R: Rows, tokens_R: Rows) -> tuple[Floats, TorchState]:
        """Select the parents' rows, then take a step; implements `Stepper.step`."""
        self._check(parents_R, len(state.features_RF))
        self._check(tokens_R, self._model.vocab_size)
        parents = cells.select(state.layers, self._to_device(parents_R))
        x = self._model.embed(self._to_device(tokens_R))
        features_RF, layers = self._model.rnn.step(x, parents)
        log_probs_RV = self._model.log_probs(self._model.logits(features_RF))
        return log_probs_RV.contiguous().cpu().numpy(), TorchState(layers, features_RF)

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

    def adopt(self, model_state: cells.State, features_BF: Tensor) -> TorchState:
        """Return a state that shares the model's tensors; implements `Stepper.adopt`."""
        return TorchState(model_state, features_BF)

    def _to_device(self, ids: Rows) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(ids, np.int64)).to(self._model.device)

    @staticmethod
    def _check(ids: NDArray[np.int64], size: int) -> None:
        """Raise IndexError for an id out of range, which on a GPU would abort the process."""
        if len(ids) and not 0 <= ids.min() <= ids.max() < size:
            raise IndexError(f"rows or tokens out of range: {ids.min()} to {ids.max()} of {size}")
