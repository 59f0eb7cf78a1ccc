"""The target of a run: noted once, also by a run that is resumed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.runs.history import read_history
from rnnlab.training import Session, train

Start = Callable[..., Session]


def reached(session: Session) -> list[tuple[int, str]]:
    history = read_history(session.paths.journal)
    return [(event.step, event.message) for event in history.events if event.event == "target"]


@pytest.mark.parametrize(
    ("settings", "target", "message"),
    [
        ({"task": "stream"}, 90.0, "target 90"),
        ({"task": "classify"}, 0.01, "target 1.0%"),
        ({"task": "stream"}, 0.0001, ""),
        ({"task": "classify"}, 2.0, ""),
    ],
)
def test_the_first_validation_that_reaches_the_target_is_noted(
    start: Start, settings: dict[str, object], target: float, message: str
) -> None:
    """A loss must be at most the target, an accuracy at least."""
    session = start(**settings, target=target, steps=16)
    train(session)
    assert [step for step, _ in reached(session)] == [8] * bool(message)
    assert all(text.endswith(message) for _, text in reached(session))
    again = start(**settings, target=target, steps=32)
    train(again)
    assert len(reached(again)) == bool(message)
