"""Steppers let a search read tokens with a model: one token per row, for many rows at once.

Their arguments and results are numpy arrays. Two engines give the same log-probs up to rounding:
torch, for every cell and device, and native code for the plain cells on the CPU, which is several
times faster with few rows.
"""

from __future__ import annotations

from typing import Literal

from rnnlab.base.errors import BadInputError
from rnnlab.models._language_model import LanguageModel
from rnnlab.models.steppers._base import State, Stepper
from rnnlab.models.steppers._native import NativeStepper, why_not_native
from rnnlab.models.steppers._torch import TorchStepper
from rnnlab.native import load_library

__all__ = ["Engine", "State", "Stepper", "make_stepper"]

Engine = Literal["auto", "native", "torch"]


def make_stepper(model: LanguageModel, engine: Engine = "auto") -> Stepper:
    """Return a stepper of a model whose weights do not change any more.

    engine: `auto` is native if possible, else torch. Raises BadInputError if `engine` is "native"
    and the native engine cannot run the model.
    """
    if engine == "torch":
        return TorchStepper(model)
    library, report = load_library()
    reason = why_not_native(model) or ("" if library else report)
    if library and not reason:
        return NativeStepper(model, library)
    if engine == "native":
        raise BadInputError(
            f"the native engine cannot run this model: {reason}", "use the torch engine"
        )
    return TorchStepper(model)
