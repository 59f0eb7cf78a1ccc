"""Records one by one: those of a history, in memory that does not grow with the file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.runs.history import MOST_RECORDS, History, compacted, read_history
from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.record_stream import stream_records
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    LayersRecord,
    ProbeRecord,
    Record,
    SampleRecord,
    TrainRecord,
    encode,
)
from rnnlab.runs.samples import losses_at, read_rounds, with_losses

LINES = 10_000


def train_at(step: int) -> TrainRecord:
    return TrainRecord(step, step / 10, step / 5, 2.0 + step, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)


def eval_at(step: int) -> EvalRecord:
    return EvalRecord(step, step / 10, step / 5, 3.0 + step, False)


def sample_at(step: int) -> SampleRecord:
    return SampleRecord(step, 0.0, 0.0, 0, "", "greedy", "text", -1.0, 4)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> RunPaths:
    """A run with long files of records: one record per step, and validations now and then."""
    paths = RunPaths(tmp_path_factory.mktemp("long"))
    line = encode(train_at(7_000_000))
    with paths.journal.open("w") as stream:
        for step in range(1, LINES):
            stream.write(line.replace("7000000,", f"{step},", 1))
        stream.write(encode(eval_at(LINES)) * 3)
    return paths


def peak_mb(work: object) -> float:
    """Return the megabytes that Python had allocated at most while it consumed an iterable."""
    assert isinstance(work, Iterable)
    tracemalloc.start()
    for _ in work:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def test_a_long_journal_is_streamed_in_little_memory(long: RunPaths) -> None:
    stream = partial(stream_records, long.journal, TrainRecord)
    assert long.journal.stat().st_size > 1.5e6
    assert peak_mb(stream(block_bytes=1 << 14)) < 0.5
    assert sum(1 for _ in stream()) == LINES - 1


def test_the_history_of_a_long_journal_is_bounded(long: RunPaths) -> None:
    history = read_history(long.journal, most=1000)
    assert 500 <= len(history.train) <= 1000
    assert (history.train[0].step, history.train[-1].step) == (1, LINES - 1)
    assert len(history.evals) == 3


def test_of_any_kind_a_bounded_history_keeps_no_more_than_its_limit(tmp_path: Path) -> None:
    """Validations, events and samples are rare in a run, but not in a file that others wrote."""
    file = tmp_path / "metrics.jsonl"
    with Journal(file) as journal:
        for step in range(300):
            journal.append(eval_at(step), EventRecord(step, "note"), sample_at(step))
    history = read_history(file, most=50)
    for kept in (history.evals, history.events, history.samples):
        assert 25 <= len(kept) <= 50
        assert kept[-1].step == 299
    assert (history.evals[0].val_loss, history.evals[-1].val_loss) == (3.0, 302.0)
    assert len(read_history(file).evals) == 300 < MOST_RECORDS


def test_a_line_without_an_end_is_never_kept(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    with file.open("wb") as stream:
        stream.write(encode(train_at(1)).encode())
        for _ in range(48):
            stream.write(b"x" * (1 << 20))
        stream.write(b"\n" + encode(train_at(2)).encode())
    for read in (
        lambda: stream_records(file, TrainRecord),
        lambda: (r for chunk in JournalTail(file).news(10) for r in chunk.records),
        lambda: (r for chunk in JournalTail(file).chunks() for r in chunk.records),
    ):
        assert list(read()) == [train_at(1), train_at(2)]
        assert peak_mb(read()) < 32


EVENTS = st.sampled_from(("started", "resumed", "rollback", "note"))
ANY_RECORD: st.SearchStrategy[Record] = st.one_of(
    st.builds(train_at, st.integers(0, 9)),
    st.builds(eval_at, st.integers(0, 9)),
    st.builds(sample_at, st.integers(0, 9)),
    st.builds(lambda step: LayersRecord(step, {}), st.integers(0, 9)),
    st.builds(EventRecord, st.integers(0, 9), EVENTS),
)


def as_a_run_writes(records: Iterable[Record]) -> list[Record]:
    """Leave out the records below the step of the last one, if no rewind comes before them."""
    written: list[Record] = []
    step = 0
    for record in records:
        is_rewind = isinstance(record, EventRecord) and record.event != "note"
        if record.step >= step or is_rewind:
            written.append(record)
            step = record.step
    return written


@given(st.lists(ANY_RECORD, max_size=40).map(as_a_run_writes))
def test_streamed_records_are_those_of_the_history(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record]
) -> None:
    file = tmp_path_factory.getbasetemp() / "streamed.jsonl"
    file.unlink(missing_ok=True)
    with Journal(file) as journal:
        journal.append(*records)
    history = History()
    history.extend(records)
    assert list(stream_records(file, TrainRecord)) == history.train
    assert list(stream_records(file, EvalRecord)) == history.evals
    assert list(stream_records(file, LayersRecord)) == history.layers
    assert list(stream_records(file, SampleRecord)) == history.samples
    assert list(stream_records(file, EventRecord)) == history.events
    assert list(stream_records(file, ProbeRecord)) == []
    again = History()
    again.extend(history.records())
    assert vars(again) == {**vars(history), "version": again.version}
    rounds = with_losses(read_rounds(RunPaths(file.parent)), file)
    for one, train_loss, val_loss in rounds:
        assert (train_loss, val_loss) == losses_at(history, one.step)


def test_news_are_whole_records_until_there_are_too_many(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    tail = JournalTail(file)
    assert compacted(tail.news(10), 10) == ([], True)
    assert compacted(tail.news(10), 10) == ([], False)
    with Journal(file) as journal:
        journal.append(train_at(1))
        assert compacted(tail.news(10), 10) == ([train_at(1)], True)
        journal.append(train_at(2))
        assert compacted(tail.news(10), 10) == ([train_at(2)], False)
        journal.append(*map(train_at, range(3, 50)))
        many = compacted(tail.news(10, most_bytes=1000), 10)
        assert many.is_restart
        assert 5 <= len(many.records) <= 10
        assert many.records[-1] == train_at(49)
        assert compacted(tail.news(10), 10) == ([], False)
    file.unlink()
    with Journal(file) as journal:
        journal.append(train_at(60))
    assert compacted(tail.news(10), 10) == ([train_at(60)], True)
