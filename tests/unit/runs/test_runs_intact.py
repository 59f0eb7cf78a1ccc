"""Files of tensors with all of their bytes, and the advice if one is damaged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from rnnlab.runs import intact
from rnnlab.runs.intact import (
    DamagedError,
    check_state,
    check_weights,
    damaged_state,
    damaged_weights,
    integrity,
    is_whole,
)
from rnnlab.runs.paths import RunPaths


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    """A run with whole weights of the steps 10 and 20, and cut ones of step 30."""
    paths = RunPaths(tmp_path / "run")
    paths.root.mkdir()
    for step in (10, 20, 30):
        tensors: dict[str, NDArray[Any]] = {"a": np.zeros(7, np.float32), "b": np.ones((2, 3))}
        save_file(tensors, paths.weights(step), {"format": "pt"})
    cut = paths.weights(30)
    cut.write_bytes(cut.read_bytes()[:-1])
    return paths


def test_an_error_verifies_only_the_checkpoints_that_it_names(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is read to its end, and a run may have hundreds of them."""
    for step in range(40, 140, 10):
        paths.weights(step).write_bytes(paths.weights(10).read_bytes())
    verified: list[Path] = []

    def spied(file: Path, **options: bool) -> intact.Integrity:
        verified.append(file)
        return integrity(file, **options)

    monkeypatch.setattr(intact, "integrity", spied)
    error = damaged_weights(paths.weights(130), "it is not complete")
    assert error.hint == "use another checkpoint of the run: 80, 90, 100, 110, 120"
    assert len(verified) == 5
    assert "--init-from run@130`" in damaged_state(paths.training_state(130), "").hint
    assert verified[5:] == [paths.weights(130)]


def test_every_missing_or_further_byte_is_noticed(paths: RunPaths) -> None:
    whole = paths.weights(10).read_bytes()
    assert is_whole(paths.weights(10))
    file = paths.root / "file"
    for content in [*(whole[:size] for size in range(len(whole))), whole + b"\0"]:
        file.write_bytes(content)
        assert not is_whole(file)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 20, (2).to_bytes(8, "little") + b"[]", (4).to_bytes(8, "little") + b"null"],
)
def test_what_is_no_file_of_tensors_is_not_whole(paths: RunPaths, content: bytes) -> None:
    paths.weights(10).write_bytes(content)
    assert not is_whole(paths.weights(10))
    assert not is_whole(paths.root / "none")


def test_a_pipe_in_place_of_a_checkpoint_is_not_waited_for(paths: RunPaths) -> None:
    for file, check in (
        (paths.weights(8), check_weights),
        (paths.training_state(8), check_state),
    ):
        os.mkfifo(file)
        with pytest.raises(DamagedError, match="not a regular file"):
            check(file)
        assert integrity(file) == "damaged"


def test_damaged_weights_name_the_other_checkpoints(paths: RunPaths) -> None:
    error = str(damaged_weights(paths.weights(20), "too short"))
    assert error == (
        f"{paths.weights(20)} is damaged: too short; use another checkpoint of the run: 10"
    )
    paths.weights(10).unlink()
    assert str(damaged_weights(paths.weights(20), "x")).endswith("restore the file from a copy")


def test_a_damaged_state_leaves_the_weights(paths: RunPaths) -> None:
    assert f"{paths.training_state(30)} is missing; " in str(
        damaged_state(paths.training_state(30), "No such file")
    )
    paths.training_state(30).touch()
    error = str(damaged_state(paths.training_state(30), "too short"))
    assert f"{paths.training_state(30)} is damaged: too short" in error
    assert "step 20: `rnnlab train CORPUS --init-from run@20`" in error
    for step in (10, 20):
        paths.weights(step).unlink()
    assert str(damaged_state(paths.training_state(30), "x")).endswith("start a new run")
