"""The clock of the training counts no time in which the process is stopped."""

from __future__ import annotations

from rnnlab.worker._running_clock import RunningClock


class Hand:
    """A clock that is moved by hand."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_clock_runs_while_it_has_beats() -> None:
    hand = Hand()
    clock = RunningClock(hand, limit_s=2.0)
    for _ in range(10):
        before = clock()
        hand.seconds += 1.5
        assert clock() - before == 1.5
        clock.beat()
        assert clock() - before == 1.5


def test_a_stop_counts_up_to_the_limit_and_the_clock_never_goes_back() -> None:
    hand = Hand()
    clock = RunningClock(hand, limit_s=2.0)
    before = clock()
    hand.seconds += 19.0
    assert clock() - before == 2.0, "the training thread may run before the beat"
    clock.beat()
    assert clock() - before == 2.0
    hand.seconds += 0.5
    assert clock() - before == 2.5
    hand.seconds += 60.0
    clock.beat()
    assert clock() - before == 4.0
