"""Weights of a layer side by side in memory, where cuDNN reads them.

If they are not, torch copies them for every call, and warns.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnnlab.cells._base import LayerWeights
from rnnlab.cells._stack import RecurrentStack


def _is_read_by_cudnn(weight: Tensor) -> bool:
    return weight.is_cuda and torch.backends.cudnn.is_acceptable(weight)  # type: ignore[no-untyped-call]


def _flatten(weights: LayerWeights, mode: str, hidden_size: int) -> None:
    from torch.backends.cudnn.rnn import get_cudnn_mode

    number = get_cudnn_mode(mode)  # type: ignore[no-untyped-call]
    torch._cudnn_rnn_flatten_weight(
        list(weights), len(list(weights)), weights.weight_ih.shape[1], number, hidden_size,
        0, 1, batch_first=True, bidirectional=False,  # no projection, one layer
    )  # fmt: skip


@torch.no_grad()
def arrange_weights(
    stack: RecurrentStack,
    is_read_by_cudnn: Callable[[Tensor], bool] = _is_read_by_cudnn,
    flatten: Callable[[LayerWeights, str, int], None] = _flatten,
) -> None:
    """Move the weights of each layer, and direction, into one block; values do not change.

    is_read_by_cudnn: of the weights; if it returns false, nothing is done. flatten: moves the
    weights of one layer, given cuDNN's name of the cell and the number of hidden units.
    """
    mode = stack.cell.cudnn_mode
    if mode is None or not stack.is_fused or not is_read_by_cudnn(stack.weights(0).weight_ih):
        return
    for layer in range(stack.num_layers):
        for reverse in (False, True)[: 1 + stack.is_bidirectional]:
            flatten(stack.weights(layer, reverse=reverse), mode, stack.hidden_size)
