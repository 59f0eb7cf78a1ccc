"""A floor is said with every measurement of a corpus whose source is known, and with no other."""

from __future__ import annotations

import pytest

from tests.toys.lab import Call, Lab

pytestmark = pytest.mark.process


def test_evaluate_tells_the_distance_to_the_floor(call: Call, lab: Lab) -> None:
    found = call(lab, "evaluate", "starter", "--json").json
    assert found["above_floor_nats"] == pytest.approx(found["loss_nats"] - found["floor_nats"])
    assert 0 < found["above_floor_nats"] < 0.05
    assert found["floor_accuracy"] is None
    shown = call(lab, "evaluate", "starter").stdout
    assert f"floor {found['floor_nats']:.4f} nats/char, distance +0.0" in shown
    other = call(lab, "evaluate", "starter", "--file", lab.text, "--json", code=None)
    assert "floor_nats" not in other.stdout


def test_a_run_carries_its_floor_to_the_plot(call: Call, lab: Lab) -> None:
    trained = call(
        lab, "train", "copy:delay=2,sentences=300", "--hidden", "8", "--steps", "20",
        "--log-every", "5", "--name", "c", "--json",
    ).json  # fmt: skip
    assert (trained["task"], trained["corpus"]) == ("sentences", "copy:delay=2,sentences=300")
    found = call(lab, "evaluate", "c", "--json").json
    assert trained["floor_nats"] == found["floor_nats"] > 0
    assert found["remembered"] < 0.2
    assert "of the possible gain from memory" in call(lab, "evaluate", "c").stdout
    assert "floor" in call(lab, "watch", "c", "--once").stdout
