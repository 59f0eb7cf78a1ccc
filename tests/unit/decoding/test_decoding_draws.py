"""The uniform random numbers of the rows."""

from __future__ import annotations

import numpy as np

from rnnlab.decoding._draws import Draws, draw_at


def generators() -> list[np.random.Generator]:
    return [np.random.default_rng(row) for row in range(3)]


def test_goals_are_the_numbers_that_single_draws_would_take() -> None:
    ahead = Draws(generators()).goals([0, 2], 4)
    assert ahead is not None
    single = Draws(generators())
    assert ahead.tolist() == [single.next([0, 2]) for _ in range(4)]
    assert single.next([1]) == [generators()[1].random()]


def test_numbers_that_are_put_back_come_again_in_their_order() -> None:
    draws, expected = Draws(generators()), Draws(generators()).goals([0, 1], 9)
    assert expected is not None
    taken = draws.goals([0, 1], 5)
    assert taken is not None
    draws.put_back([0, 1], taken[2:])
    assert draws.next([0, 1]) == expected[2].tolist()
    again = draws.goals([0, 1], 1)
    assert again is not None
    draws.put_back([0, 1], again)
    for row, num in ((0, 6), (1, 6)):
        rest = draws.goals([row], num)
        assert rest is not None
        assert rest[:, 0].tolist() == expected[3:, row].tolist()


def test_a_draw_is_the_first_token_beyond_its_goal() -> None:
    with np.errstate(divide="ignore"):
        log_probs_1V = np.log([[0.0, 0.25, 0.0, 0.5, 0.25, 0.0]])
    for goal, token in ((0.0, 1), (0.2, 1), (0.3, 3), (0.74, 3), (0.8, 4), (1.0, 4)):
        assert draw_at(log_probs_1V, [goal]).tolist() == [token], goal
