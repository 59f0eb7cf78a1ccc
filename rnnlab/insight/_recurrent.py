"""The recurrent weight matrices of a layer, their powers and their eigenvalues.

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
"""Squarings of W for its spectral radius lim ||W^k||^(1/k) (Gelfand 1941): at k = 2^10, even a
factor of 1,000 in ||W^k|| changes the result by only 0.7 %."""
_MOST_LOG = 700.0
POWERS = tuple(2**m for m in range(7))
"""Exponents of the powers whose norms are reported: W^1 ... W^64."""


def recurrent_matrices(model: TextModel) -> dict[str, Tensor]:
    """Return W_hh [H, H] by layer and gate, such as `l0.f`; empty for a cell without W_hh."""
    matrices: dict[str, Tensor] = {}
    for name in layer_names(model.rnn):
        layer, _, reverse = name.partition("_")
        weights = model.rnn.weights(int(layer[1:]), reverse=bool(reverse))
        weight_hh = getattr(weights, "weight_hh", None)
        if weight_hh is None:
            return {}
        gates = model.rnn.cell.gates
        blocks = weight_hh.detach().chunk(len(gates))
        matrices |= {f"{name}.{gate}": W_HH for gate, W_HH in zip(gates, blocks, strict=True)}
    return matrices


def candidate_matrices(model: TextModel) -> dict[str, Tensor]:
    """Return the recurrent matrices of the candidates, without the matrices of the gates."""
    return {
        name: W_HH
        for name, W_HH in recurrent_matrices(model).items()
        if name.rpartition(".")[2] in model.rnn.cell.candidates
    }


def check_recurrent(model: TextModel, cell: str) -> None:
    """Raise BadInputError if a cell has no recurrent weights."""
    if not recurrent_matrices(model):
        raise BadInputError(
            f"the cell {cell} has no recurrent weights", "choose a run with another cell"
        )


@torch.no_grad()
def power_norms(W_HH: Tensor) -> list[float]:
    """Return the Frobenius norm of W_hh^k for every exponent k in POWERS."""
    return [_exp(log) for log in _log_norms(W_HH, len(POWERS))]


@torch.no_grad()
def radius(W_HH: Tensor) -> float:
    """Return the spectral radius, computed by repeated squaring; the error is below 1 %."""
    return _exp(_log_norms(W_HH, NUM_SQUARINGS + 1)[-1] / 2**NUM_SQUARINGS)


def _exp(log: float) -> float:
    """Return e^log; inf if it is too large, nan if the weights are not finite."""
    return math.inf if log >= _MOST_LOG else math.exp(log)


def _log_norms(W_HH: Tensor, num: int) -> list[float]:
    """Return log ||W||, log ||W^2||, log ||W^4||, ...: `num` values.

    Every power is scaled to norm 1 before it is squared, to avoid overflow.
    """
    power = W_HH.to(torch.promote_types(W_HH.dtype, torch.float32))
    logs: list[Tensor] = []
    scale = power.new_zeros(())
    for _ in range(num):
        norm = power.norm()
        scale = 2 * scale + norm.log() if logs else norm.log()
        logs.append(scale)
        power = power / norm
        power = power @ power
    log_norms: list[float] = torch.stack(logs).tolist()
    # If a power is zero, all later powers are zero; 0 / 0 made their logarithms NaN.
    first_zero = log_norms.index(-math.inf) if -math.inf in log_norms else num
    return [*log_norms[:first_zero], *[-math.inf] * (num - first_zero)]


def eigenvalues(W_HH: Tensor) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """Return all eigenvalues [H], sorted by falling magnitude."""
    unordered = np.linalg.eigvals(W_HH.double().cpu().numpy())
    ordered: np.ndarray[tuple[int], np.dtype[np.complex128]] = unordered[
        np.argsort(-np.abs(unordered), kind="stable")
    ].astype(np.complex128)
    return ordered
