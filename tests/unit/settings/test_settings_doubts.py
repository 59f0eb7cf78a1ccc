"""Valid settings that are probably mistyped."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlab.settings.doubts import doubts, doubts_of_change
from rnnlab.settings.run_config import RunConfig


def config(**settings: Any) -> RunConfig:
    return RunConfig.from_values({"corpus": "x", **settings})


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, []),
        ({"lr": 0.1}, []),
        ({"lr": 1000}, ["lr = 1000: more than 0.5, the usual limit with adamw"]),
        ({"lr": 30, "optimizer": "sgd"}, []),
        ({"lr": 500, "optimizer": "sgd"}, ["lr = 500: more than 100, the usual limit with sgd"]),
        ({"dropout": 0.99}, ["dropout = 0.99: more than 0.95, the usual limit"]),
    ],
)
def test_values_far_from_the_usual_ones_have_a_line(
    settings: dict[str, Any], lines: list[str]
) -> None:
    assert doubts(config(**settings)) == lines


@pytest.mark.parametrize(
    ("changes", "seconds", "line"),
    [
        ({"lr": 0.02}, {}, ""),
        ({"lr": 1000}, {}, "lr = 1000: 500,000 times the present 0.002"),
        ({"lr": 1e-5}, {}, "lr = 1e-05: 1/200 of the present 0.002"),
        ({"clip": 0}, {}, ""),
        ({"clip": 100}, {}, "clip = 100: 100 times the present 1"),
        ({"steps": 10**9}, {"steps": 864e5}, "steps = 1000000000: 1,000 days of training"),
        ({"steps": 10**9}, {"steps": 864e2}, ""),
        ({"lr": 0.003}, {"epochs": 864e5}, ""),
    ],
)
def test_changes_by_a_large_factor_have_a_line(
    changes: dict[str, Any], seconds: dict[str, float], line: str
) -> None:
    assert doubts_of_change(config(), config(**changes), seconds) == [line] * bool(line)
