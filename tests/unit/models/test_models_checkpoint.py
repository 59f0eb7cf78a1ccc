"""Weights on disk: saving, loading, and errors in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.inference import LoadedModel
from rnnlab.models import TextModel, load_weights, resolve_device, save_weights

Make = Callable[..., LoadedModel]


def equal(one: TextModel, other: TextModel) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize("other", [{"hidden": 9}, {"layers": 3}, {"cell": "gru"}])
def test_weights_of_another_shape_are_refused(
    make_loaded: Make, tmp_path: Path, other: dict[str, object]
) -> None:
    file = tmp_path / "weights.safetensors"
    save_weights(file, make_loaded().model)
    with pytest.raises(RnnlabError, match="does not fit this model"):
        load_weights(file, make_loaded(**other).model)


def test_missing_devices_are_refused() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(BadInputError, match="no device cuda:99"):
        resolve_device("cuda:99")
