"""The gradient through time: the sentences agree with the measurements."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.insight import ThroughTime, time
from rnnlab.plots import Finding
from tests.toys.models import make_model


def test_the_sentences_contain_the_measured_numbers(
    look: Callable[..., Finding],
) -> None:
    finding = look("time", make_model(cell="gru", layers=1))
    norms = finding.figures["of_last"]["l0"]
    left = norms[0] / norms[-2]
    assert f"to {len(norms) - 1} steps back" in finding.says[0]
    factor = float(finding.says[0].partition("a factor of ")[2].removesuffix("."))
    assert factor == pytest.approx(left, rel=0.01, abs=5e-4)
    deep = look("time", make_model(cell="gru", layers=3))
    assert len(deep.says) <= 2, "the layers share their sentences"
    for name, life in deep.figures["half_life"].items():
        assert f"{life:.1f} ({name})" in deep.says[0]


def test_a_sentence_mentions_a_gradient_that_grows_before_it_shrinks() -> None:
    back = torch.tensor([0.1, 0.2, 1.0, 3.0, 1.0, 0.3, 0.1])
    layers = [ThroughTime("l0", back.flip(0), back), ThroughTime("l1", back.sort()[0], back)]
    sentences = time.sentences(layers, {"l0": 3.0, "l1": 1.5})
    assert "to 6 steps back it changes by a factor of 0.5 (l0), 0.1 (l1)." in sentences[0]
    assert sentences[1].startswith("The gradient is largest 3 (l0) steps back and shrinks beyond")
    assert len(time.sentences(layers[1:], {"l1": 1.5})) == 1


def test_a_sentence_reports_a_vanished_gradient(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.zero_()  # type: ignore[operator]
    finding = look("time", loaded)
    assert finding.figures["half_life"] == {"l0": 0.0}
    length = finding.figures["sample"]["length"]
    assert finding.says == (
        f"In l0 the gradient vanishes: it reaches at most 1 of {length} steps.",
    )


def test_a_document_has_one_target_and_one_curve(
    look: Callable[..., Finding],
) -> None:
    for settings, num in (({}, 2), ({"task": "classify"}, 1)):
        finding = look("time", make_model(cell="gru", **settings))
        assert sum(p.title.startswith("||dL/dh||") for p in finding.pictures) == num
