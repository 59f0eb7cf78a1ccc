"""The checksum in a file of tensors: every flipped bit is noticed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.checksum import KEY, NO_CHECKSUM, has_right_checksum, seal
from rnnlab.runs.intact import integrity, newest_intact
from rnnlab.runs.paths import RunPaths
from tests.toys.damage import flip_bit

TENSORS: dict[str, NDArray[Any]] = {"a": np.arange(7, dtype=np.float32), "b": np.ones((2, 3))}
METADATA = {"format": "pt", "rnnlab": json.dumps({"tokens": ['"checksum":"sha256:', "é", "\n"]})}


def sealed(file: Path) -> Path:
    save_file(TENSORS, file, {**METADATA, KEY: NO_CHECKSUM})
    seal(file)
    return file


def test_a_sealed_file_is_intact_and_has_the_same_tensors(tmp_path: Path) -> None:
    file = sealed(tmp_path / "file")
    assert has_right_checksum(file) is True
    assert has_right_checksum(file, from_disk=True) is True
    assert integrity(file) == "intact"
    result = load_file(file)
    assert result.keys() == TENSORS.keys()
    assert all(np.array_equal(result[name], TENSORS[name]) for name in TENSORS)


def test_the_checksum_is_the_sha256_with_zeros_in_its_place(tmp_path: Path) -> None:
    """The rule of the documents, in the words of a user's program."""
    data = sealed(tmp_path / "file").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    digest = header["__metadata__"]["checksum"].removeprefix("sha256:").encode()
    assert data.count(digest) == 1
    assert hashlib.sha256(data.replace(digest, b"0" * 64)).hexdigest().encode() == digest


def test_equal_content_gives_equal_files(tmp_path: Path) -> None:
    first = sealed(tmp_path / "first").read_bytes()
    assert all(sealed(tmp_path / f"{n}").read_bytes() == first for n in range(10))


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    file = sealed(tmp_path / "file")
    whole = file.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 5):
            flip_bit(file, place, bit)
            assert integrity(file) == "damaged", f"byte {place}, bit {bit}"
            file.write_bytes(whole)


def test_a_file_without_a_checksum_is_whole_or_damaged(tmp_path: Path) -> None:
    file = tmp_path / "old"
    save_file(TENSORS, file, {"format": "pt"})
    assert integrity(file) == "no checksum"
    file.write_bytes(file.read_bytes()[:-1])
    assert integrity(file) == "damaged"
    assert integrity(tmp_path / "none") == "damaged"


def test_a_file_without_a_place_for_the_checksum_cannot_be_sealed(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "file", {"format": "pt"})
    with pytest.raises(RnnlabError, match="no place for a checksum"):
        seal(tmp_path / "file")


def test_the_newest_intact_state_is_found(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    for step in (10, 20, 30, 40):
        sealed(paths.weights(step))
        sealed(paths.training_state(step))
    flip_bit(paths.training_state(30), -1)
    assert newest_intact(paths, 40) == 20
    assert newest_intact(paths, 10) is None
