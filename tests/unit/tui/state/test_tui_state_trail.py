from __future__ import annotations

import pytest

from rnnlab.tui.state.trail import Trail


@pytest.mark.parametrize(
    ("opened", "previous"),
    [
        ("", "home"),
        ("run", "home"),
        ("run new", "run"),
        ("run new run", "home"),
        ("run new home", "home"),
        ("run new beams run new", "run"),
        ("run run", "home"),
    ],
)
def test_the_way_back_leads_over_each_screen_once(opened: str, previous: str) -> None:
    trail = Trail("home")
    for name in opened.split():
        trail.opened(name)
    assert trail.previous == previous
