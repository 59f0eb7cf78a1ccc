"""Properties of characters and tokens, and how well a unit predicts them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.insight._properties import (
    PROPERTIES,
    predictiveness,
    property_of,
    usual_property,
)
from tests.toys.numeric import assert_close


def test_the_score_is_the_fraction_of_correctly_ordered_pairs() -> None:
    rng = np.random.default_rng(5)
    flags = (rng.random(40) < 0.3).astype(float)
    values = np.round(rng.normal(size=(40, 6)), 1)
    for unit, score in enumerate(predictiveness(values, flags)):
        pairs = [
            float(np.sign(values[i, unit] - values[j, unit]))
            for i in range(40)
            for j in range(40)
            if flags[i] and not flags[j]
        ]
        assert_close(score, sum(pairs) / len(pairs), terms=len(pairs))
    numbers = rng.normal(size=40)
    expected = [np.corrcoef(values[:, unit], numbers)[0, 1] for unit in range(6)]
    assert_close(predictiveness(values, numbers), expected, terms=40)


@pytest.mark.parametrize(
    ("wish", "text", "expected"),
    [
        ("quotes", 'a "b" c', "0011000"),
        ("capital", "aBcD", "0101"),
        ("after-vowel", "bad e", "00100"),
        ("word-start", "ab cd.e", "1001001"),
        ("line-position", "ab\ncd", "01201"),
        ("b+", "abbcb", "01101"),
    ],
)
def test_a_property_of_characters(wish: str, text: str, expected: str) -> None:
    assert property_of(wish, text).tolist() == [float(flag) for flag in expected]


def test_a_word_has_the_property_of_any_of_its_characters() -> None:
    words = ("A", " king", " Bob", "bed", "\n", "so")
    assert property_of("capital", words).tolist() == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert property_of("word-start", words).tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    assert property_of("line-position", words).tolist() == [0.0, 5.0, 9.0, 12.0, 13.0, 1.0]
    assert usual_property((" a", " b", " c")) == "line-position"
    with pytest.raises(BadInputError, match="for all tokens of the text"):
        property_of("word-start", (" a", " b"))


@pytest.fixture(params=["handled", "ignored", "blocked"])
def alarm(request: pytest.FixtureRequest) -> Iterator[object]:
    """The handler of SIGALRM in one of the states that a process may inherit or set.

    The caller has a timer, as pytest-timeout has.
    """
    handlers: dict[str, Any] = {
        "handled": lambda *_: None,
        "ignored": signal.SIG_IGN,
        "blocked": signal.SIG_DFL,
    }
    handler = handlers[request.param]
    before = signal.signal(signal.SIGALRM, handler)
    how = signal.SIG_BLOCK if request.param == "blocked" else signal.SIG_UNBLOCK
    mask = signal.pthread_sigmask(how, {signal.SIGALRM})
    timer = signal.setitimer(signal.ITIMER_REAL, 3600.0)
    yield handler
    signal.setitimer(signal.ITIMER_REAL, *timer)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(signal.SIGALRM, before)


def test_a_regular_expression_that_never_ends_is_stopped(alarm: object) -> None:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pytest.raises(BadInputError, match=r"takes longer than 0\.05 s"):
        property_of("(a+)+b", "a" * 60, patience_s=0.05)
    assert signal.getsignal(signal.SIGALRM) is alarm
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0.0
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask


def test_the_properties_are_known_by_name() -> None:
    assert set(PROPERTIES) == {"quotes", "line-position", "capital", "after-vowel", "word-start"}
