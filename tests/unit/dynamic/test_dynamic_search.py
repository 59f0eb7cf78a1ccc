"""The search for rate and decay: downhill on the first tokens of a split."""

from __future__ import annotations

import pytest

from rnnlab.dynamic import DynamicSettings, Learner, evaluate_dynamic, find_settings
from rnnlab.dynamic._search import _RATES, _descend
from tests.toys.learning import make_reader, splits_of


def test_the_search_takes_settings_that_lower_the_loss_most_among_their_neighbours() -> None:
    loaded = make_reader(cell="gru", layers=1)
    splits = splits_of(loaded)
    seen: list[tuple[int, int]] = []
    with Learner(loaded, splits["train"], 8) as learner:
        (lr, decay, window), num_tokens = find_settings(
            learner, splits["val"], 150, progress=lambda done, total: seen.append((done, total))
        )
        assert (window, num_tokens) == (8, 150)
        assert lr > 0

        def loss(rate: float) -> float:
            settings = DynamicSettings(rate, decay, window)
            return evaluate_dynamic(learner, splits["val"], settings, num_tokens).loss_nats

        assert loss(lr) < loss(0.0)
        at = _RATES.index(lr)
        assert loss(lr) == min(loss(rate) for rate in _RATES[max(0, at - 1) : at + 2])
    assert all(done <= total for done, total in seen)


def test_values_that_are_set_are_not_searched_for() -> None:
    loaded = make_reader(cell="gru", layers=1)
    splits = splits_of(loaded)
    with Learner(loaded, splits["train"], 8) as learner:
        settings, _ = find_settings(learner, splits["val"], 60, lr=0.5)
        assert settings.lr == 0.5
        settings, _ = find_settings(learner, splits["val"], 60, decay=0.25)
        assert settings.decay == 0.25


def test_a_text_of_one_piece_teaches_nothing() -> None:
    """All rates have the same loss there, so the weights had better not change."""
    loaded = make_reader(cell="gru", layers=1)
    splits = splits_of(loaded)
    with Learner(loaded, splits["train"], 10_000) as learner:
        assert find_settings(learner, splits["val"]).settings.lr == 0


@pytest.mark.parametrize("start", range(5))
def test_the_way_downhill_ends_at_the_lowest_value_and_measures_few(start: int) -> None:
    measured: list[float] = []

    def loss(value: float) -> float:
        measured.append(value)
        return abs(value - 3)

    assert _descend([1.0, 2.0, 3.0, 4.0, 5.0], start, loss) == 3
    assert len(set(measured)) == {0: 4, 1: 4, 2: 3, 3: 4, 4: 4}[start]
