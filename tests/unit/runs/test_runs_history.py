from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from rnnlab.runs.history import MOST_PROBES, History, read_history
from rnnlab.runs.journal import Journal, JournalChunk, JournalTail
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    LayersRecord,
    ProbeRecord,
    Record,
    TrainRecord,
    encode,
)

if TYPE_CHECKING:
    from pathlib import Path


def train(step: int, loss: float = 1.0) -> TrainRecord:
    return TrainRecord(step, 0.0, 0.0, loss, 1.0, 1.0, 0.0, 0, 0.1, 1.0)


def validation(step: int) -> EvalRecord:
    return EvalRecord(step, 0.0, 0.0, 1.0, is_best=False)


def layers(step: int) -> LayersRecord:
    return LayersRecord(step, {"a": 1.0})


def history_of(*records: Record) -> History:
    history = History()
    history.extend(records)
    return history


def test_records_are_sorted_by_kind() -> None:
    note = EventRecord(0, "note")
    history = history_of(note, train(1), layers(1), validation(1), train(2))
    assert history.train == [train(1), train(2)]
    assert history.layers == [layers(1)]
    assert history.evals == [validation(1)]
    assert history.events == [note]


def test_what_was_lost_with_a_worker_is_dropped_when_the_next_one_resumes() -> None:
    history = history_of(
        train(1), train(10), validation(10), layers(10), train(20), layers(20), validation(20),
        EventRecord(10, "resumed"), train(20, 0.5),
    )  # fmt: skip
    assert history.train == [train(1), train(10), train(20, 0.5)]
    assert history.evals == [validation(10)]
    assert history.layers == [layers(10)]


def test_a_run_that_died_before_its_first_checkpoint_starts_again() -> None:
    started = EventRecord(0, "started")
    history = history_of(started, train(1), train(10), validation(10), started, train(1, 0.5))
    assert history.train == [train(1, 0.5)]
    assert history.evals == []


def test_events_are_kept_whatever_is_lost() -> None:
    events = [EventRecord(5, "paused"), EventRecord(0, "resumed"), EventRecord(1, "paused")]
    assert history_of(*events).events == events


def test_other_events_drop_nothing() -> None:
    for event in ("paused", "continued", "checkpoint", "stopped", "note", "new-fangled"):
        assert history_of(train(9), EventRecord(3, event)).train == [train(9)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20))))
def test_steps_ascend_however_often_a_run_is_resumed(moves: list[tuple[bool, int]]) -> None:
    history, step = History(), 0
    for is_resumed, amount in moves:
        if is_resumed:
            step = max(0, step - amount)
            history.extend([EventRecord(step, "resumed")])
        else:
            step += 1 + amount
            history.extend([train(step)])
    found = [record.step for record in history.train]
    assert found == sorted(set(found))
    assert all(s <= step for s in found)


def test_the_version_grows_with_every_change_and_with_nothing_else() -> None:
    history = history_of(train(1))
    version = history.version
    history.add(JournalChunk([], is_restart=False))
    assert history.version == version
    history.add(JournalChunk([train(2)], is_restart=False))
    assert history.version > version
    version = history.version
    history.add(JournalChunk([], is_restart=True))
    assert history.version > version


def test_a_replaced_journal_replaces_the_history() -> None:
    history = history_of(train(1), layers(1), validation(1), EventRecord(1, "note"))
    history.add(JournalChunk([train(7)], is_restart=True))
    assert history.train == [train(7)]
    assert (history.layers, history.evals, history.events) == ([], [], [])


def test_a_history_is_read_from_its_journal(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    assert read_history(file).train == []
    file.write_text(encode(train(1)) + encode(train(2)) + encode(EventRecord(1, "resumed")))
    assert read_history(file).train == [train(1)]


def train_at(step: int, loss: float) -> TrainRecord:
    return TrainRecord(step, step / 10, step / 5, loss, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)


def test_a_history_with_a_limit_stays_below_it_and_keeps_the_extremes() -> None:
    history = History(most=200)
    for step in range(2000):
        history.extend([train_at(step, 9.0 if step == 700 else 2.0)])
    assert len(history.train) <= 200
    assert max(r.train_loss or 0.0 for r in history.train) == 9.0
    steps = [r.step for r in history.train]
    assert steps == sorted(set(steps))
    assert steps[-50:] == list(range(1950, 2000))


def test_the_probes_of_a_long_run_are_thinned_evenly() -> None:
    history = History(most=8000)
    for step in range(1500):
        history.extend([ProbeRecord(step, 8, 100, {}, {}, {}, {}, {}, {})])
    steps = [record.step for record in history.probes]
    assert len(steps) == MOST_PROBES
    assert (steps[0], steps[-1]) == (0, 1499)
    assert max(later - step for step, later in itertools.pairwise(steps)) <= 9
    everything = History()
    everything.extend(ProbeRecord(step, 8, 100, {}, {}, {}, {}, {}, {}) for step in range(500))
    assert len(everything.probes) == 500


def overview(tail: JournalTail, most: int) -> list[Record]:
    """Return the records of a journal that is read for the first time."""
    first, *chunks = tail.news(most)
    assert first == ([], True)
    return [record for chunk in chunks for record in chunk.records]


def test_an_overview_has_the_rare_records_the_ends_and_few_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    with Journal(file) as journal:
        for step in range(1, 2001):
            journal.append(train_at(step, 2.0), LayersRecord(step, {"w": 1.0}))
            if step % 100 == 0:
                journal.append(EvalRecord(step, 1.0, 1.0, 2.0, True))
        journal.append(EventRecord(2000, "finished"))
    tail = JournalTail(file)
    history = History()
    for chunk in tail.news(400):
        history.add(chunk)
    assert len(history.evals) == 20
    assert len(history.events) == 1
    assert 150 <= len(history.train) <= 250
    assert 150 <= len(history.layers) <= 250
    assert (history.train[0].step, history.train[-1].step) == (1, 2000)
    with Journal(file) as journal:
        journal.append(train_at(2001, 1.0))
    history.add(tail.read())
    assert history.train[-1].step == 2001


def test_an_overview_of_a_short_journal_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    assert overview(JournalTail(file), 10) == []
    with Journal(file) as journal:
        journal.append(*(train_at(step, 2.0) for step in range(9)))
    assert len(overview(JournalTail(file), 10)) == 9


def test_an_overview_leaves_half_a_line_for_later(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    line = encode(train_at(3, 2.0))
    file.write_text(encode(train_at(2, 2.0)) + line[:20])
    tail = JournalTail(file)
    assert overview(tail, 10) == [train_at(2, 2.0)]
    with file.open("a") as stream:
        stream.write(line[20:])
    assert tail.read().records == [train_at(3, 2.0)]
