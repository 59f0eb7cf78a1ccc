from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.pending import drop_pending, read_pending, write_pending

if TYPE_CHECKING:
    from pathlib import Path


def test_changes_wait_until_they_are_dropped(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    assert read_pending(paths) == {}
    write_pending(paths, {"lr": 0.5, "steps": 200})
    assert read_pending(paths) == {"lr": 0.5, "steps": 200}
    drop_pending(paths)
    drop_pending(paths)
    assert read_pending(paths) == {}


@pytest.mark.parametrize("text", ["", "[1]", "7", '{"lr": ', '{"lr": "fast"}', '{"lr": NaN}'])
def test_an_unreadable_file_has_no_changes(tmp_path: Path, text: str) -> None:
    paths = RunPaths(tmp_path)
    paths.changes.write_text(text)
    assert read_pending(paths) == {}


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RnnlabError, match="cannot write to"):
        write_pending(RunPaths(tmp_path / "none"), {"lr": 0.5})
