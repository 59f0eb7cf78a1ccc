"""Typed call of the kernel for the cross-entropy.

Legend: N rows, C classes.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.native._calls import F32, at, typed, up
from rnnlab.native._threads import num_threads

F64 = NDArray[np.float64]


class RowLosses(NamedTuple):
    """Losses of some rows, in nats."""

    num_targets: int
    """Number of rows whose target is not ignored."""
    losses: F64
    """Loss of each row [N]; 0 for an ignored target."""
    objectives: F64
    """The same with label smoothing."""
    gradient: F32 | None
    """Gradient [N, C] of the mean objective of the targets that are not ignored."""


class LossKernels:
    """The kernel of a compiled library; calls may come from several threads at once."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._cross_entropy = typed(library.rnnlab_cross_entropy, "iiippidpppp", c_int64)
        self._lanes: int = library.rnnlab_lanes()

    def cross_entropy(
        self, logits_NC: F32, targets_N: NDArray[np.int64], ignored: int, *,
        smoothing: float = 0.0, wants_gradient: bool = True,
    ) -> RowLosses:  # fmt: skip
        """Return the losses of logits and, if wanted, the gradient.

        Raises IndexError if a target is neither a class nor `ignored`.
        """
        (num, classes), threads = logits_NC.shape, num_threads()
        losses = np.empty(num, np.float64)
        objectives = np.empty(num, np.float64) if smoothing else losses
        gradient = np.empty_like(logits_NC) if wants_gradient else None
        scratch = np.empty(threads * up(classes, self._lanes), np.float32)
        num_targets = self._cross_entropy(
            threads, num, classes, at(logits_NC), at(targets_N), ignored, smoothing, at(losses),
            at(objectives if smoothing else None), at(gradient), at(scratch),
        )  # fmt: skip
        if num_targets < 0:
            raise IndexError(f"a target is not among the {classes} classes")
        return RowLosses(num_targets, losses, objectives, gradient)
