"""The gradient through time: what its sentences say is what was measured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.insight import ThroughTime, time
from rnnlab.plots import Finding
from tests.toys.models import make_model


def test_what_is_said_to_be_left_of_a_gradient_is_what_was_measured(
    look: Callable[..., Finding],
) -> None:
    found = look("time", make_model(cell="gru", layers=1))
    norms = found.figures["of_last"]["l0"]
    left = norms[0] / norms[-2]
    assert f"{len(norms) - 2} steps further back" in found.says[0]
    said = float(found.says[0].partition("after one, ")[2].partition(" is left")[0])
    assert said == pytest.approx(left, rel=0.01, abs=5e-4)
    deep = look("time", make_model(cell="gru", layers=3))
    assert len(deep.says) <= 2, "the layers share their sentences"
    for name, life in deep.figures["half_life"].items():
        assert f"{life:.1f} ({name})" in deep.says[0]


def test_a_gradient_that_grows_before_it_fades_is_not_said_to_halve_all_the_way() -> None:
    back = torch.tensor([0.1, 0.2, 1.0, 3.0, 1.0, 0.3, 0.1])
    layers = [ThroughTime("l0", back.flip(0), back), ThroughTime("l1", back.sort()[0], back)]
    said = time.sentences(layers, {"l0": 3.0, "l1": 1.5})
    assert "of what is there after one, 0.5 (l0), 0.1 (l1) is left 5 steps" in said[0]
    assert said[1].startswith("It is largest 3 (l0) steps back, and fades from there on")
    assert len(time.sentences(layers[1:], {"l1": 1.5})) == 1


def test_a_gradient_that_has_vanished_is_not_said_to_last(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.zero_()  # type: ignore[operator]
    found = look("time", loaded)
    assert found.figures["half_life"] == {"l0": 0.0}
    length = found.figures["sample"]["length"]
    assert found.says == (f"In l0 the gradient is gone: it reaches 1 of {length} steps at most.",)


def test_a_document_has_one_target_and_so_one_curve_through_time(
    look: Callable[..., Finding],
) -> None:
    for settings, num in (({}, 2), ({"task": "classify"}, 1)):
        found = look("time", make_model(cell="gru", **settings))
        assert sum(p.title.startswith("||dL/dh||") for p in found.pictures) == num
