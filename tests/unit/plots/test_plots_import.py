"""Plots are cheap to import and never compute."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("plotext", "numpy", "torch", "textual", "tensorboard")


@pytest.mark.parametrize(
    "action",
    [
        "import rnnlab.plots",
        "from rnnlab import registry\n"
        "for name in registry.names('plots'): registry.load('plots', name).chart([])",
    ],
)
def test_nothing_slow_is_imported_before_something_is_drawn(action: str) -> None:
    program = f"import sys\n{action}\nprint([m for m in {SLOW} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_drawing_imports_plotext_alone() -> None:
    program = (
        "import sys\n"
        "from rnnlab.plots import Chart, Curve, draw\n"
        "draw(Chart('t', 'step', '', (Curve('c', (0.0, 1.0), (1.0, 2.0), 0),)), 40, 10)\n"
        f"print([m for m in {SLOW} if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "['plotext']"
