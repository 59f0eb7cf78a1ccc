"""The list of the checkpoints on disk."""

from __future__ import annotations

from pathlib import Path

from rnnlab.base.files import replace_text
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.stored_checkpoints import StoredCheckpoint, stored_checkpoints


def test_checkpoints_have_their_size_and_their_role(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    assert stored_checkpoints(paths) == []
    for step in (20, 5):
        paths.weights(step).write_bytes(b"x" * step)
    paths.training_state(20).write_bytes(b"y" * 100)
    replace_text(paths.pointer("last"), "20\n")
    replace_text(paths.pointer("best"), "5\n")
    assert stored_checkpoints(paths) == [
        StoredCheckpoint(5, 5, is_last=False, is_best=True, can_resume=False),
        StoredCheckpoint(20, 120, is_last=True, is_best=False, can_resume=True),
    ]
