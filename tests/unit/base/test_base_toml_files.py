"""Files that cannot be read or are not TOML are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.toml_files import read_toml


@pytest.mark.parametrize("content", [b"hidden = ", b"\xff\xfe", b"hidden = 1\nhidden = 2\n"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=r"a\.toml is not a TOML file"):
        read_toml(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot read .*a\.toml: No such file"):
        read_toml(tmp_path / "a.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot read"):
        read_toml(tmp_path)
