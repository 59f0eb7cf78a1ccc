"""Learning rate schedules."""

from __future__ import annotations

import itertools
import math

import pytest

from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.schedule import learning_rate


def config_of(**settings: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", **settings})


def test_a_constant_rate_is_constant() -> None:
    config = config_of(lr=0.3)
    assert {learning_rate(config, progress) for progress in (0.0, 0.01, 0.5, 1.0)} == {0.3}


@pytest.mark.parametrize(
    ("progress", "share"),
    [
        (0.0, 0.01),
        (0.005, 0.25),
        (0.01, 0.5),
        (0.02, 1.0),
        (0.02 + 0.98 / 4, 0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2),
        (0.51, 0.55),
        (1.0, 0.1),
        (1.5, 0.1),
    ],
)
def test_the_cosine_warms_up_over_a_fiftieth_and_falls_to_a_tenth(
    progress: float, share: float
) -> None:
    assert learning_rate(config_of(lr=0.3, schedule="cosine"), progress) == pytest.approx(
        0.3 * share
    )


def test_the_cosine_has_no_jump_and_is_never_zero() -> None:
    config = config_of(lr=1.0, schedule="cosine")
    rates = [learning_rate(config, i / 1000) for i in range(1001)]
    assert min(rates) > 0
    assert max(rates) == pytest.approx(1.0)
    assert all(abs(b - a) <= 0.051 for a, b in itertools.pairwise(rates))
    assert rates[20:] == sorted(rates[20:], reverse=True)


@pytest.mark.parametrize(
    ("progress", "share"),
    [
        (0.0, 0.04),
        (0.15, 0.52),
        (0.3, 1.0),
        (0.65, (1 + 0.01) / 2),
        (1.0, 0.01),
    ],
)
def test_one_cycle_rises_and_falls_by_half_cosines(progress: float, share: float) -> None:
    config = config_of(lr=0.5, schedule="one-cycle", final_lr=0.01)
    assert config.warmup == 0.3
    assert learning_rate(config, progress) == pytest.approx(0.5 * share)


def test_warmup_and_final_rate_are_settings() -> None:
    config = config_of(lr=1.0, schedule="cosine", warmup=0.2, final_lr=0.5)
    result = [learning_rate(config, progress) for progress in (0.1, 0.2, 0.6, 1.0)]
    assert result == pytest.approx([0.5, 1.0, 0.75, 0.5])
    assert learning_rate(config_of(lr=1.0, schedule="cosine", warmup=0.0), 0.0) == 1.0
