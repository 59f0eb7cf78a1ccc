"""Weights on disk: saving, loading, and errors in one line."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.inference import LoadedModel
from rnnlab.models import TextModel, load_weights, resolve_device, save_weights
from rnnlab.runs.intact import DamagedError
from tests.toys.damage import flip_bit
from tests.toys.full_disk import full_disk

Make = Callable[..., LoadedModel]


def equal(one: TextModel, other: TextModel) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"hidden": 9}, "head.weight is [6, 7] instead of [6, 9]"),
        ({"layers": 3}, "it has no rnn.bias_hh_l2"),
        ({"layers": 1}, "it has a tensor rnn.bias_hh_l1, which the model does not have"),
        ({"cell": "gru"}, "rnn.bias_hh_l0 is [28] instead of [21]"),
    ],
)
def test_weights_of_another_shape_are_refused_by_the_name_of_the_first_tensor(
    make_loaded: Make, tmp_path: Path, other: dict[str, object], problem: str
) -> None:
    file = tmp_path / "weights.safetensors"
    save_weights(file, make_loaded().model)
    with pytest.raises(RnnlabError) as caught:
        load_weights(file, make_loaded(**other).model)
    assert str(caught.value) == f"{file} does not fit this model: {problem}"


def test_damaged_weights_are_refused(make_loaded: Make, tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    model = make_loaded().model
    save_weights(file, model)
    flip_bit(file, -1)
    with pytest.raises(DamagedError, match="its checksum is wrong"):
        load_weights(file, model)
    with torch.no_grad():
        model.head.bias[0] = torch.nan
    save_weights(file, model)
    with pytest.raises(DamagedError, match=r"head\.bias has a number that is not finite"):
        load_weights(file, model)


def test_a_failed_save_leaves_the_old_weights_and_no_temporary_file(
    make_loaded: Make, tmp_path: Path
) -> None:
    file = tmp_path / "weights.safetensors"
    old = make_loaded(seed=1).model
    save_weights(file, old)
    for beyond in (0, 100, file.stat().st_size - 1):
        with full_disk(beyond), pytest.raises(OSError) as caught:  # noqa: PT011
            save_weights(file, make_loaded(seed=2).model)
        assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == [file]
    result = make_loaded(seed=3).model
    load_weights(file, result)
    assert equal(result, old)


def test_missing_devices_are_refused() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(BadInputError, match="no device cuda:99"):
        resolve_device("cuda:99")
