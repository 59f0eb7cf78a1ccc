"""Steppers let a search read tokens with a model: one token per row, or whole sequences of tokens.

Their arguments and results are numpy arrays. Two engines give the same log-probs up to rounding:
torch, for every cell and device, and native code for the plain cells on the CPU, which is several
times faster with few rows and does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rnnlab.base.errors import BadInputError
from rnnlab.inference.network import Network, why_not_native_model
from rnnlab.inference.steppers._base import State, Stepper
from rnnlab.inference.steppers._native import NativeStepper
from rnnlab.native import load_library

if TYPE_CHECKING:
    from rnnlab.models import LanguageModel

__all__ = ["Engine", "NativeStepper", "State", "Stepper", "make_stepper"]

Engine = Literal["auto", "native", "torch"]


def make_stepper(model: LanguageModel, engine: Engine = "auto") -> Stepper:
    """Return a stepper of a torch model whose weights do not change any more.

    engine: `auto` is native if possible, else torch. Raises BadInputError if `engine` is "native"
    and the native engine cannot run the model.
    """
    if engine != "torch":
        library, report = load_library()
        reason = why_not_native_model(model) or ("" if library else report)
        if library and not reason:
            return NativeStepper(Network.of(model), library)
        if engine == "native":
            raise BadInputError(
                f"the native engine cannot run this model: {reason}", "use the torch engine"
            )
    from rnnlab.inference.steppers._torch import TorchStepper

    return TorchStepper(model)
