"""The recurrent weights of a layer as matrices, their powers, their eigenvalues.

Shapes: H hidden units, G rows of the stacked gates.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.insight._trace import layer_names
from rnnlab.models import TextModel

NUM_SQUARINGS = 10
"""rho(W) = lim ||W^k||^(1/k) (Gelfand 1941); at k = 2^10 a factor of 1,000 is 0.7 %."""
_MOST_LOG = 700.0
POWERS = tuple(2**m for m in range(7))
"""Powers whose norms are told: W^1 ... W^64."""


def recurrent_matrices(model: TextModel) -> dict[str, Tensor]:
    """Return W_hh [H, H] of every layer and gate, by `l0.f`; none where a cell has no W_hh."""
    found: dict[str, Tensor] = {}
    for name in layer_names(model.rnn):
        layer, _, reverse = name.partition("_")
        weights = model.rnn.weights(int(layer[1:]), reverse=bool(reverse))
        weight_hh = getattr(weights, "weight_hh", None)
        if weight_hh is None:
            return {}
        gates = model.rnn.cell.gates
        blocks = weight_hh.detach().chunk(len(gates))
        found |= {f"{name}.{gate}": W_HH for gate, W_HH in zip(gates, blocks, strict=True)}
    return found


def candidate_matrices(model: TextModel) -> dict[str, Tensor]:
    """Return those of the candidates alone: what carries the content, not what opens doors."""
    return {
        name: W_HH
        for name, W_HH in recurrent_matrices(model).items()
        if name.rpartition(".")[2] in model.rnn.cell.candidates
    }


def check_recurrent(model: TextModel, cell: str) -> None:
    """Raise BadInputError where a cell has no recurrent weights."""
    if not recurrent_matrices(model):
        raise BadInputError(
            f"the cell {cell} has no recurrent weights", "a spectrum needs a cell with a W_hh"
        )


@torch.no_grad()
def power_norms(W_HH: Tensor) -> list[float]:
    """Return the Frobenius norms of the powers in POWERS."""
    return [_exp(log) for log in _log_norms(W_HH, len(POWERS))]


@torch.no_grad()
def radius(W_HH: Tensor) -> float:
    """Return the spectral radius by repeated squaring: products alone, within a hundredth."""
    return _exp(_log_norms(W_HH, NUM_SQUARINGS + 1)[-1] / 2**NUM_SQUARINGS)


def _exp(log: float) -> float:
    """Return e^log; inf where it is too large, nan where the weights are no numbers any more."""
    return math.inf if log >= _MOST_LOG else math.exp(log)


def _log_norms(W_HH: Tensor, num: int) -> list[float]:
    """Return log ||W||, log ||W^2||, log ||W^4||, ...: scaled to norm 1, no power overflows."""
    power = W_HH.to(torch.promote_types(W_HH.dtype, torch.float32))
    logs: list[Tensor] = []
    scale = power.new_zeros(())
    for _ in range(num):
        norm = power.norm()
        scale = 2 * scale + norm.log() if logs else norm.log()
        logs.append(scale)
        power = power / norm
        power = power @ power
    found: list[float] = torch.stack(logs).tolist()
    # What is 0 once stays 0, though it was then divided by itself.
    first_zero = found.index(-math.inf) if -math.inf in found else num
    return [*found[:first_zero], *[-math.inf] * (num - first_zero)]


def eigenvalues(W_HH: Tensor) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """Return all eigenvalues, the largest first."""
    found = np.linalg.eigvals(W_HH.double().cpu().numpy())
    ordered: np.ndarray[tuple[int], np.dtype[np.complex128]] = found[
        np.argsort(-np.abs(found), kind="stable")
    ].astype(np.complex128)
    return ordered
