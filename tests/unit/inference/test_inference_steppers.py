"""The choice of the engine of a stepper, and the errors of the native one."""

from __future__ import annotations

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.cells.lstm import LSTM
from rnnlab.inference.steppers import Stepper, make_stepper
from rnnlab.models import LanguageModel
from rnnlab.native import report as native_report
from tests.toys.steppers import make_model, needs_native


def is_native(stepper: Stepper) -> bool:
    """Return whether a stepper is native: only then it has a writer."""
    return stepper.writer is not None


@needs_native
def test_auto_is_native_if_possible() -> None:
    assert is_native(make_stepper(make_model()))
    assert not is_native(make_stepper(make_model(), "torch"))


class OtherLSTM(LSTM):
    """A subclass of a cell: it may have other equations."""


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (make_model("lstm-peephole"), "the cell"),
        (make_model().double(), "float32"),
        (make_model(device="cpu").to("meta"), "on meta"),
    ],
)
def test_an_unsupported_model_uses_torch(model: LanguageModel, reason: str) -> None:
    assert not is_native(make_stepper(model))
    with pytest.raises(BadInputError, match=reason):
        make_stepper(model, "native")


def test_a_subclass_of_a_supported_cell_is_not_supported() -> None:
    model = make_model()
    model.rnn.cell = OtherLSTM()
    assert not is_native(make_stepper(model))


def test_the_native_engine_can_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLAB_NATIVE", "0")
    assert not is_native(make_stepper(make_model()))
    assert "RNNLAB_NATIVE" in native_report()
    with pytest.raises(BadInputError, match="RNNLAB_NATIVE"):
        make_stepper(make_model(), "native")
