"""The lab survives random keys, clicks and sizes; `tests/soak/monkey.py` presses more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.toys.monkey import fill, play

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


@pytest.mark.timeout(400)  # 80 keys, many of which open a screen
async def test_the_lab_survives_a_monkey(lab: Lab, app: LabApp, generator: FakeGenerator) -> None:
    fill(lab)
    await play(app, generator, num_keys=80, seed=7)
