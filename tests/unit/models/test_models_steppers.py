"""Which engine steps a model, and what is said where the native one cannot."""

from __future__ import annotations

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.cells.lstm import LSTM
from rnnlab.models import LanguageModel
from rnnlab.models.steppers import Stepper, make_stepper, native_report
from tests.toys.steppers import make_model, needs_native


def is_native(stepper: Stepper) -> bool:
    """Only the native engine takes several steps at once."""
    return stepper.writer is not None


@needs_native
def test_auto_is_native_where_that_is_possible() -> None:
    assert is_native(make_stepper(make_model()))
    assert not is_native(make_stepper(make_model(), "torch"))


class OtherLSTM(LSTM):
    """A cell made from another one: its equations may be others."""


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (make_model("lstm-peephole"), "the cell"),
        (make_model().double(), "float32"),
        (make_model(device="cpu").to("meta"), "on meta"),
    ],
)
def test_a_model_that_does_not_fit_is_stepped_by_torch(model: LanguageModel, reason: str) -> None:
    assert not is_native(make_stepper(model))
    with pytest.raises(BadInputError, match=reason):
        make_stepper(model, "native")


def test_a_cell_derived_from_a_known_one_is_not_taken_for_it() -> None:
    model = make_model()
    model.rnn.cell = OtherLSTM()
    assert not is_native(make_stepper(model))


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLAB_NATIVE", "0")
    assert not is_native(make_stepper(make_model()))
    assert "RNNLAB_NATIVE" in native_report()
    with pytest.raises(BadInputError, match="RNNLAB_NATIVE"):
        make_stepper(make_model(), "native")
