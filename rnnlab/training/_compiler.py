"""Train without importing torch's compiler (2 to 3 s), because nothing is compiled.

Torch's optimisers import torch._dynamo at their first call, only to exclude themselves from
compilation. A test checks that the steps equal torch's to the bit; it must pass with every torch
version that the package accepts.
"""

from __future__ import annotations

import inspect

import torch
from torch.optim import Optimizer

_EXCLUDED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
"""Methods that torch wraps in a function that imports the compiler."""


def leave_out_compiler() -> None:
    """Mark methods of torch's optimisers as excluded; call this before creating an optimiser."""
    for name in _EXCLUDED:
        method = inspect.unwrap(getattr(Optimizer, name))
        setattr(method, "__dynamo_disable", method)


def update(optimizer: Optimizer) -> None:
    """Run the optimiser's step without its wrappers, which import the compiler and call hooks."""
    with torch.no_grad():
        inspect.unwrap(type(optimizer).step)(optimizer)
