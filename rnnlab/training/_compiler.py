"""Train without torch's compiler: importing torch._dynamo takes 2 to 3 s, and nothing is compiled.

An optimiser of torch imports it at its first call, only to exclude itself from compilation. That
the steps are those of torch, to the bit, is tested with every version that the package accepts.
"""

from __future__ import annotations

import inspect

import torch
from torch.optim import Optimizer

_EXCLUDED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
"""Methods that torch wraps in a function which imports the compiler to exclude them."""


def leave_out_compiler() -> None:
    """Mark the methods of every optimiser as excluded already; call it before one is made."""
    for name in _EXCLUDED:
        method = inspect.unwrap(getattr(Optimizer, name))
        setattr(method, "__dynamo_disable", method)


def update(optimizer: Optimizer) -> None:
    """Take the optimiser's step, without the wrappers that import the compiler and call hooks."""
    with torch.no_grad():
        inspect.unwrap(type(optimizer).step)(optimizer)
