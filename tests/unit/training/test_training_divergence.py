"""Spikes and divergences raise one alarm, ordinary noise does not."""

from __future__ import annotations

import math
import random

import pytest

from rnnlab.training._divergence import LossWatch

GUESSING = math.log(80)


def alarms(losses: list[float]) -> list[tuple[int, str]]:
    watch = LossWatch(GUESSING)
    alarms = ((i, watch.check(loss, loss)) for i, loss in enumerate(losses))
    return [(i, alarm.event) for i, alarm in alarms if alarm is not None]


def falling(num: int, noise: float = 0.05) -> list[float]:
    chance = random.Random(1)
    return [1 + 2 * math.exp(-i / 30) + chance.gauss(0, noise) for i in range(num)]


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
def test_a_falling_noisy_loss_raises_no_alarm(noise: float) -> None:
    assert alarms(falling(400, noise)) == []


def test_a_spike_of_several_records_raises_one_alarm() -> None:
    losses = falling(100)
    losses[50:53] = [2.9, 2.4, 2.2]
    losses[80] = 2.0
    assert alarms(losses) == [(50, "spike"), (80, "spike")]


def test_the_first_records_raise_no_alarm() -> None:
    assert alarms([1.0, 1.0, 3.0, 1.0]) == []


def test_a_loss_that_stays_high_becomes_normal() -> None:
    assert alarms([1.0] * 20 + [2.0] * 60 + [3.0] * 5) == [(20, "spike"), (80, "spike")]


def test_a_divergence_is_twice_the_loss_of_guessing() -> None:
    high = 2 * GUESSING
    assert alarms([1.0] * 20 + [high * 0.99]) == [(20, "spike")]
    assert alarms([1.0] * 20 + [high * 1.01] * 5) == [(20, "diverged")]
    assert alarms([high * 1.01, 1.0, high * 1.01]) == [(0, "diverged"), (2, "diverged")]


def test_the_message_has_the_loss_and_the_median() -> None:
    watch = LossWatch(GUESSING)
    for _ in range(10):
        assert watch.check(1.25, 1.3) is None
    alarm = watch.check(3.5, 7.75)
    assert alarm is not None
    assert alarm.message == "mean loss rose from 1.25 to 3.5 (largest step 7.75)"
