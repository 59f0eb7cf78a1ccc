from __future__ import annotations

from random import Random

import pytest

from rnnlab.corpora import parse_spec
from rnnlab.corpora._statistics import entropy_bounds


def test_the_bounds_are_above_the_entropy_of_a_known_source() -> None:
    closeness = []
    for name in ("reber:letters=60000", "stump:letters=60000", "n-back:n=1,letters=60000"):
        spec = parse_spec(name)
        assert spec is not None
        floor = spec.floor("stream")
        bounds = entropy_bounds(spec.text())
        assert floor is not None
        assert bounds is not None
        assert floor.loss_nats < min(bounds.ngrams)
        assert floor.loss_nats < bounds.gzip
        closeness.append(min(bounds.ngrams) / floor.loss_nats)
    assert closeness[-1] < 1.02, "n-grams fit a source with a memory of two characters"


def test_a_bound_of_a_fair_coin_is_one_bit() -> None:
    generator = Random(3)
    bounds = entropy_bounds("".join("01"[int(generator.random() * 2)] for _ in range(40_000)))
    assert bounds is not None
    assert bounds.unigram == pytest.approx(0.6931, abs=1e-3)
    assert bounds.ngrams[0] == pytest.approx(0.6931, abs=3e-3)
    assert entropy_bounds("too short") is None
