"""The characters that alert the user of a terminal."""

from __future__ import annotations

import pytest

from rnnlab.base.alerts import alert_sequence
from rnnlab.base.preferences import known

HOSTILE = "m failed: \x1b]0;owned\x07\nnext"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", ""),
        ("bell", "\a"),
        ("osc9", "\x1b]9;m is finished\a"),
        ("osc777", "\x1b]777;notify;rnnlab;m is finished\a"),
    ],
)
def test_each_kind_has_its_characters(kind: str, expected: str) -> None:
    assert alert_sequence(kind, "m is finished", {}) == expected


def test_every_value_of_the_preference_is_a_kind() -> None:
    choices = next(one for one in known() if one.name == "alerts").metadata["choices"]
    silent = [kind for kind in choices if not alert_sequence(kind, "m", {})]
    assert silent == ["none"]


@pytest.mark.parametrize("kind", ["osc9", "osc777"])
def test_a_message_cannot_end_the_sequence_or_begin_another_one(kind: str) -> None:
    text = alert_sequence(kind, HOSTILE, {})
    assert (text.count("\x1b"), text.count("\a"), text.count("\n")) == (1, 1, 0)


def test_tmux_passes_a_notification_on_and_rings_the_bell_itself() -> None:
    inside = {"TMUX": "/tmp/tmux-0/default,1,0"}
    assert alert_sequence("osc9", "m", inside) == "\x1bPtmux;\x1b\x1b]9;m\a\x1b\\"
    assert alert_sequence("bell", "m", inside) == "\a"
