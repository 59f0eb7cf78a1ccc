"""The number of threads of a training process."""

from __future__ import annotations

import os

import torch

from rnnlab import native
from rnnlab.models import TextModel
from rnnlab.training._precision import precision


def set_threads(model: TextModel, num: int, dtype: str = "float32") -> None:
    """Set the number of threads on which a model trains; 0: the default.

    dtype: number format of the computation, on which the choice of the kernels depends. Raises
    BadInputError if the engine is "native" and it cannot compute in this format.

    Our own kernels use all cores by default: their helper threads are optional and never spin, so
    that runs side by side do not slow each other down. Torch computes the rest on one thread,
    because the results then do not depend on the number of cores.

    Torch's kernels use half the cores by default: their threads spin while they wait for each
    other. If other runs or prompts leave fewer idle cores than this run has threads, it becomes
    many times slower (tests/benchmarks/sharing.py).
    """
    native.set_num_threads(num or None)  # evaluation is in float32, so it may use them in any case
    with precision(model.device, dtype):
        is_native = model.rnn.is_native
    if is_native:
        torch.set_num_threads(1)
    else:
        torch.set_num_threads(num or max(1, len(os.sched_getaffinity(0)) // 2))
