"""Figures derived from a loss."""

from __future__ import annotations

import math

from rnnlab.base.numbers import perplexity


def test_the_perplexity_of_guessing_is_the_number_of_choices() -> None:
    assert math.isclose(perplexity(math.log(96)), 96)


def test_a_perplexity_that_no_float_can_hold_is_infinite_and_not_cut_off() -> None:
    assert perplexity(709.0) < math.inf
    assert perplexity(710.0) == perplexity(math.inf) == math.inf
    assert math.isnan(perplexity(math.nan))
