from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.records import EventRecord, encode

if TYPE_CHECKING:
    from pathlib import Path


def event(step: int, message: str = "é") -> EventRecord:
    return EventRecord(step, "note", message)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def steps(tail: JournalTail, max_bytes: int | None = None) -> list[int]:
    return [record.step for record in tail.read(max_bytes).records]


def test_records_are_read_as_they_were_appended(file: Path) -> None:
    with Journal(file) as journal:
        journal.append(event(1), event(2))
        journal.append(event(3))
        journal.append()
        journal.flush()
    assert JournalTail(file).read().records == [event(1), event(2), event(3)]


def test_a_missing_journal_is_an_empty_one(file: Path) -> None:
    assert JournalTail(file).read().records == []
    assert JournalTail(file).read() == ([], False)


def test_a_journal_is_continued_after_a_crash_within_a_line(file: Path) -> None:
    with Journal(file) as journal:
        journal.append(event(1))
    with file.open("ab") as stream:
        stream.write(encode(event(2)).encode()[:-7])
    with Journal(file) as journal:
        journal.append(event(3))
    with Journal(file) as journal:
        journal.append(event(4))
    assert JournalTail(file).read().records == [event(1), event(3), event(4)]
    assert b"\n\n" not in file.read_bytes()


def test_a_disk_that_is_full_within_a_line_spoils_no_other_line(file: Path) -> None:
    before, lost, after = (EventRecord(step, "note", "x" * 40) for step in (1, 2, 3))
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(file) as journal:
        journal.append(before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, unlimited[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                journal.append(lost)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        journal.append(after)
    records = JournalTail(file).read().records
    assert (records[0], records[-1]) == (before, after)


def test_two_writers_never_mix_their_lines(file: Path) -> None:
    with Journal(file) as one, Journal(file) as other:
        for step in range(50):
            one.append(event(step))
            other.append(event(step))
    assert len(JournalTail(file).read().records) == 100


class TestTail:
    def test_each_record_comes_once(self, file: Path) -> None:
        tail = JournalTail(file)
        assert steps(tail) == []
        with Journal(file) as journal:
            journal.append(event(1), event(2))
            assert steps(tail) == [1, 2]
            assert steps(tail) == []
            journal.append(event(3))
            assert steps(tail) == [3]

    @given(st.lists(st.integers(1, 40)), st.text(st.characters(exclude_categories=["Cs"])))
    @settings(max_examples=40)
    def test_a_line_that_comes_in_pieces_comes_once(
        self, tmp_path_factory: pytest.TempPathFactory, sizes: list[int], message: str
    ) -> None:
        file = tmp_path_factory.mktemp("journal") / "metrics.jsonl"
        records = [event(1, message), event(2, message)]
        data = "".join(map(encode, records)).encode()
        tail, found = JournalTail(file), []
        for size in [*sizes, len(data)]:
            with file.open("ab") as stream:
                stream.write(data[:size])
            data = data[size:]
            found += tail.read().records
        assert found == records

    def test_it_reads_at_most_max_bytes(self, file: Path) -> None:
        with Journal(file) as journal:
            journal.append(*map(event, range(20)))
        tail, found = JournalTail(file), []
        while chunk := steps(tail, max_bytes=100):
            assert len(chunk) <= 3
            found += chunk
        assert found == list(range(20))

    def test_invalid_lines_are_ignored(self, file: Path) -> None:
        lines = [
            b"", b"{}", b"junk", b"\xff\xfe", b'{"kind": "new", "step": 1}', b"[" * 50_000,
            b'{"kind": "event", "step": "x", "event": "note"}', encode(event(7)).encode().strip(),
        ]  # fmt: skip
        file.write_bytes(b"\n".join(lines) + b"\n")
        assert steps(JournalTail(file)) == [7]

    def test_a_journal_cut_short_is_read_afresh(self, file: Path) -> None:
        tail = JournalTail(file)
        with Journal(file) as journal:
            journal.append(event(1), event(2))
        tail.read()
        os.truncate(file, 0)
        with Journal(file) as journal:
            journal.append(event(9))
        assert tail.read() == ([event(9)], True)
        assert tail.read() == ([], False)

    def test_a_half_line_of_a_journal_cut_short_is_forgotten(self, file: Path) -> None:
        tail = JournalTail(file)
        file.write_bytes(encode(event(1)).encode() + b'{"kind": "ev')
        tail.read()
        file.write_bytes(encode(event(2)).encode())
        assert tail.read() == ([event(2)], True)

    def test_a_replaced_journal_is_read_afresh_even_when_it_is_longer(self, file: Path) -> None:
        tail = JournalTail(file)
        file.write_text(encode(event(1)))
        tail.read()
        other = file.with_name("other")
        other.write_text("".join(encode(event(step)) for step in (5, 6, 7)))
        other.replace(file)
        assert tail.read() == ([event(5), event(6), event(7)], True)

    def test_a_journal_that_vanishes_is_waited_for(self, file: Path) -> None:
        tail = JournalTail(file)
        file.write_text(encode(event(1)) + encode(event(2)))
        tail.read()
        file.unlink()
        assert tail.read() == ([], False)
        file.write_text(encode(event(3)))
        assert tail.read() == ([event(3)], True)
