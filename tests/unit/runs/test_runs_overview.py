from __future__ import annotations

from pathlib import Path

from rnnlab.runs._overview import overview
from rnnlab.runs.history import History
from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.records import EventRecord, TrainRecord, decode_lines


def train_at(step: int) -> TrainRecord:
    return TrainRecord(step, step / 10, step / 5, 2.0, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)


def history_of(file: Path, most: int, block_bytes: int) -> History:
    history = History()
    with file.open("rb") as stream:
        blocks = list(overview(stream, most, block_bytes))
    for lines, _ in blocks:
        history.extend(decode_lines(lines))
    assert blocks[-1][1].half == b""
    return history


def test_of_a_long_journal_few_lines_are_decoded(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    with Journal(file) as journal:
        journal.append(*(train_at(step) for step in range(5_000)))
        journal.append(EventRecord(5_000, "finished"))
    with file.open("rb") as stream:
        ((lines, _),) = overview(stream, 100)
    assert 90 <= len(lines) <= 120
    assert [chunk.records for chunk in JournalTail(file).news(100)] == [[], decode_lines(lines)]


def test_an_overview_of_blocks_is_that_of_the_whole(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    with Journal(file) as journal:
        for step in range(1, 1001):
            journal.append(train_at(step))
            if step % 10 == 0:
                journal.append(EventRecord(step, "note", "x" * step))
    everything = history_of(file, 100_000, block_bytes=777)
    assert [record.step for record in everything.train] == list(range(1, 1001))
    history = history_of(file, 50, block_bytes=777)
    assert [record.step for record in history.events] == list(range(10, 1001, 10))
    assert len(history.train) < 1000
    assert (history.train[0].step, history.train[-1].step) == (1, 1000)
