"""The files of records of a run in training, if somebody removes or replaces them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.runs.journal import JournalTail
from rnnlab.runs.records import EventRecord
from rnnlab.training import Session, train

Start = Callable[..., Session]


def events(file: Path) -> list[tuple[str, str]]:
    """Return the events of a journal, each with its message."""
    records = JournalTail(file).read().records
    return [(r.event, r.message) for r in records if isinstance(r, EventRecord)]


def test_a_removed_journal_is_noticed_restored_and_reported(start: Start) -> None:
    session = start()
    session.log.note("started")
    session.paths.journal.unlink()
    session.log.flush()
    session.log.note("note", "later")
    assert events(session.paths.journal) == [
        ("started", ""),
        ("note", "metrics.jsonl was removed: it is written again, with all its records"),
        ("note", "later"),
    ]


def test_removed_samples_are_restored_and_reported_in_the_journal(start: Start) -> None:
    session = start(sample_length=3)
    session.log.note("started")
    session.paths.samples.unlink()
    session.sample()
    assert "samples.jsonl was removed" in events(session.paths.journal)[-1][1]
    assert events(session.paths.samples) == [("started", "")]


def test_a_replaced_journal_is_an_alarm(start: Start) -> None:
    session = start()
    session.paths.journal.with_suffix(".new").touch()
    os.replace(session.paths.journal.with_suffix(".new"), session.paths.journal)
    session.log.note("note", "later")
    message = "metrics.jsonl was replaced at step 0: records before this step may be missing"
    assert events(session.paths.journal) == [("journal", message), ("note", "later")]


@pytest.mark.parametrize("is_missing", [False, True])
def test_a_resumed_run_reports_that_its_journal_is_missing(start: Start, is_missing: bool) -> None:
    ended = start(steps=6)
    train(ended)
    if is_missing:
        ended.paths.journal.unlink()
    session = start(steps=7)
    train(session)
    lost = ("journal", "metrics.jsonl was removed: its records before step 6 are lost")
    assert (lost in events(session.paths.journal)) == is_missing
