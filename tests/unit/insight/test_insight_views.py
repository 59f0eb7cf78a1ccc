"""Every view on every cell: findings and refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.insight.gradients import gradient_norms
from rnnlab.plots import Finding, draw_picture, finding_from_json
from tests.toys.cases import case
from tests.toys.models import CELLS, Steps, make_model, random_sample
from tests.toys.numeric import assert_close

TEXT = "a bad cab. feed a dad.\nbabe fade a deaf bead.\n"
VIEWS = [view for view in registry.names("insight") if view != "difference"]


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_supports_every_cell_with_the_weights_it_needs(
    look: Callable[..., Finding], view: str
) -> None:
    for cell in CELLS:
        loaded = make_model(cell=cell, length=20)
        with case(cell=cell):
            if view == "spectrum" and cell.startswith("min"):
                with pytest.raises(BadInputError, match="no recurrent weights"):
                    look(view, loaded)
                continue
            finding = look(view, loaded)
            assert finding.says
            assert all(draw_picture(picture, 78) for picture in finding.pictures)
            assert finding_from_json(finding.to_json()).pictures


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_supports_a_classifier(look: Callable[..., Finding], view: str) -> None:
    for settings in ({"bidirectional": True}, {"pooling": "mean"}):
        loaded = make_model(cell="gru", task="classify", **settings)
        with case(**settings):
            assert look(view, loaded, property="word-start").pictures


def test_gradients_are_those_of_backward(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding]
) -> None:
    loaded = make_model(cell="lstm")
    sample = random_sample(loaded)
    result = gradient_norms(loaded.model, sample)
    Steps(loaded, monkeypatch).losses(sample)[1].backward()  # type: ignore[no-untyped-call]
    for name, parameter in loaded.model.named_parameters():
        assert parameter.grad is not None
        # 36 tokens, each a sum of 7 + 7 products, whose errors the weights enlarge.
        assert_close(result[name] / parameter.grad.norm().item(), 1.0, terms=36 * 14, ulps=1000)
    figures = look("gradients", loaded).figures
    norms = figures["grad_norms"]
    assert figures["first_over_last"] == norms["rnn.weight_hh_l0"] / norms["rnn.weight_hh_l1"]


@pytest.mark.parametrize(
    ("view", "settings", "wishes", "words"),
    [
        ("memory", {}, {"text": "abc"}, "3 characters; this view needs at least 16"),
        ("time", {}, {"text": "ab"}, "needs at least 5"),
        ("neurons", {}, {"text": "abc"}, "needs at least 8"),
        ("neurons", {}, {"unit": "l9.1"}, "no unit l9.1"),
        ("neurons", {}, {"unit": "7"}, "no unit l1.7"),
        ("neurons", {}, {"unit": "seven"}, "is not a unit"),
        ("neurons", {}, {"property": "[a"}, "nor a regular expression"),
        ("neurons", {}, {"property": "zzz"}, "is the same for all characters"),
        ("gates", {"cell": "rnn"}, {"gate": "f"}, "rnn has no gates"),
        ("gates", {"cell": "gru"}, {"gate": "f"}, "use --gate with r or z"),
        ("gates", {}, {"unit": "l0.99", "text": "abcdef"}, "no unit l0.99"),
        ("spectrum", {}, {"gate": "z"}, "no gate 'z'"),
        ("time", {"task": "classify"}, {"text": "abcdef"}, "class of this text is unknown"),
        ("gates", {}, {"text": "abcé\x1b"}, "never saw"),
        ("difference", {}, {}, "--with"),
        ("dreams", {}, {}, "unknown view 'dreams'"),
    ],
)
def test_invalid_options_are_refused_in_one_line(
    look: Callable[..., Finding],
    view: str,
    settings: dict[str, object],
    wishes: dict[str, object],
    words: str,
) -> None:
    with pytest.raises(BadInputError) as caught:
        look(view, make_model(**settings), **wishes)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("view", VIEWS)
def test_a_model_that_overflows_is_refused_in_one_line(
    look: Callable[..., Finding], view: str
) -> None:
    loaded = make_model(cell="rnn-relu", layers=1, dtype="float32")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.fill_(1e30)
    with pytest.raises(BadInputError, match="overflow at step 0"):
        look(view, loaded, text=TEXT)
