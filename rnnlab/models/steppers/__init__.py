"""One token at a time for many rows at once: what every search walks on, numpy in and numpy out.

Two engines give the same numbers up to rounding: torch's, for any cell and device, and a native
one for the plain cells on the CPU, which is several times faster at a few rows.
"""

from __future__ import annotations

from typing import Literal

from rnnlab.base.errors import BadInputError
from rnnlab.models._language_model import LanguageModel
from rnnlab.models.steppers._base import State, Stepper
from rnnlab.models.steppers._build import load_library
from rnnlab.models.steppers._native import NativeStepper, unfit
from rnnlab.models.steppers._torch import TorchStepper

__all__ = ["Engine", "State", "Stepper", "load_library", "make_stepper", "native_report"]

Engine = Literal["auto", "native", "torch"]


def make_stepper(model: LanguageModel, engine: Engine = "auto") -> Stepper:
    """Return the steps of a model as its weights are now; training it further needs a new one.

    engine: `auto` is native where that is possible. Raises BadInputError where `native` is not.
    """
    if engine == "torch":
        return TorchStepper(model)
    library, report = load_library()
    reason = unfit(model) or ("" if library else report)
    if library and not reason:
        return NativeStepper(model, library)
    if engine == "native":
        raise BadInputError(f"no native step for this model: {reason}", "use the torch engine")
    return TorchStepper(model)


def native_report() -> str:
    """Return one line on the native step: by what it was built and where it is, or why not."""
    library, report = load_library()
    return f"native step {'' if library else 'not available: '}{report}"
