"""Where the settings of a run come from, as stored in its directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.runs.origin import Origin, read_origin, write_origin
from rnnlab.runs.paths import RunPaths


def test_an_origin_is_read_as_it_was_written(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    assert read_origin(paths) is None
    origin = Origin({"hidden": "command line", "task": "corpus"}, "lstm-moliere")
    write_origin(paths, origin)
    assert read_origin(paths) == origin


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{}", b'{"sources": [1]}'])
def test_an_invalid_file_counts_as_missing(tmp_path: Path, content: bytes) -> None:
    paths = RunPaths(tmp_path)
    paths.origin.write_bytes(content)
    assert read_origin(paths) is None
