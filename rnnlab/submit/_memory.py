"""Refuse a network that does not fit into memory before anything is allocated. No torch."""

from __future__ import annotations

from rnnlab.base.display import count, size
from rnnlab.base.errors import BadInputError
from rnnlab.runs import memory
from rnnlab.settings.run_config import RunConfig

_BYTES_A_NUMBER = {"float32": 4, "float64": 8, "bfloat16": 4}
_COPIES = {"adamw": 4, "adam": 4, "rmsprop": 3, "sgd": 2}
"""Numbers per parameter in training: weight, gradient and the optimiser's averages."""


def least_parameters(config: RunConfig) -> int:
    """Return a lower bound of the number of parameters, which holds for every cell.

    It counts one input matrix per layer and the embedding of one token; recurrent matrices and
    further gates, which depend on the cell, and the vocabulary make the network larger.
    """
    directions = 2 if config.bidirectional else 1
    first = 1 if config.one_hot else config.embedding
    width = config.hidden * directions
    return directions * config.hidden * (first + (config.layers - 1) * width)


def check_memory(config: RunConfig, total_bytes: int | None = None) -> None:
    """Raise BadInputError if the network alone needs more memory than the machine has.

    total_bytes: memory of the machine; None: measure it.
    """
    total = memory.total_bytes() if total_bytes is None else total_bytes
    parameters = least_parameters(config)
    # On a GPU, only the initial weights are in the memory of the machine.
    copies = _COPIES[config.optimizer] if config.device == "cpu" else 1
    needed = parameters * copies * _BYTES_A_NUMBER[config.dtype]
    if total is not None and needed > total:
        raise BadInputError(
            f"hidden = {config.hidden}, layers = {config.layers}: the network has at least "
            f"{count(parameters)} parameters, which need {size(needed)}; this machine has "
            f"{size(total)} of memory",
            "lower --hidden or --layers",
        )
