"""The line that names the weights of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.cli._weights import weights_of
from rnnlab.runs.checkpoint import POINTERS
from rnnlab.runs.store import RunStore
from tests.toys.app_lab import Lab


@pytest.mark.parametrize(
    ("last", "best", "step", "line"),
    [
        (40, 40, 40, "m at step 40 (last and best)"),
        (40, 20, 40, "m at step 40 (last; best: step 20)"),
        (40, 20, 20, "m at step 20 (best; last: step 40)"),
        (40, 20, 30, "m at step 30 (last: step 40; best: step 20)"),
        (40, None, 40, "m at step 40 (last)"),
    ],
)
def test_weights_are_named_and_so_are_the_others(
    tmp_path: Path, last: int, best: int | None, step: int, line: str
) -> None:
    run = Lab(RunStore(tmp_path)).add("m")
    for name, at in zip(POINTERS, (last, best), strict=True):
        pointer = run.paths.pointer(name)
        pointer.unlink(missing_ok=True)
        if at is not None:
            pointer.write_text(str(at))
    assert weights_of(run, step) == line
