from __future__ import annotations

import contextlib
import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.records import EventRecord, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


@contextlib.contextmanager
def room_for(num_bytes: int) -> Iterator[None]:
    """Let this process write no file of more bytes."""
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, unlimited[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_disk_that_is_full_within_a_line_spoils_no_line(file: Path, is_removed: bool) -> None:
    before, late, after = (EventRecord(step, "note", "x" * 40) for step in (1, 2, 3))
    with Journal(file) as journal:
        journal.append(before)
        with (
            room_for(file.stat().st_size + 10),
            pytest.raises(OSError, match="File too large"),
        ):
            journal.append(late)
        if is_removed:
            file.unlink()
            assert journal.renew() == "restored"
        journal.append(after)
    assert JournalTail(file).read().records == [before, late, after]


def test_half_a_line_on_a_full_disk_is_ended_when_there_is_space(file: Path) -> None:
    file.write_text('{"kind": "event", "st', encoding="utf-8")
    with room_for(file.stat().st_size):
        journal = Journal(file)
        with pytest.raises(OSError, match="File too large"):
            journal.append(event(1))
    with journal:
        journal.append(event(2))
    assert steps(JournalTail(file)) == [1, 2]


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


def read(file: Path) -> list[int]:
    return [record.step for record in JournalTail(file).read().records]


def remove(file: Path) -> None:
    file.unlink()


def put_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("harm", [remove, put_pipe])
def test_a_removed_journal_is_written_again_with_all_its_records(
    file: Path, harm: Callable[[Path], None]
) -> None:
    with Journal(file) as journal:
        journal.append(event(1), event(2))
        assert journal.renew() == ""
        harm(file)
        assert journal.renew() == "restored"
        journal.append(event(3))
        assert journal.renew() == ""
    assert read(file) == [1, 2, 3]
    assert file.is_file()


def test_records_go_on_in_the_file_that_has_replaced_the_journal(file: Path) -> None:
    """As after `sed -i`, which writes a changed copy."""
    with Journal(file) as journal:
        journal.append(event(1), event(2))
        other = file.with_suffix(".new")
        other.write_text(encode(event(1)).rstrip())
        other.replace(file)
        assert journal.renew() == "replaced"
        journal.append(event(3))
    assert read(file) == [1, 3]


def test_without_room_for_a_copy_a_removed_journal_begins_anew(file: Path) -> None:
    """The limit on the size of files is the real one of the kernel, at which a write fails."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with Journal(file) as journal:
            journal.append(*map(event, range(50)))
            file.unlink()
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
            assert journal.renew() == "lost"
            journal.append(event(51))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert read(file) == [51]
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_a_journal_that_moves_with_its_folder_stays_open(tmp_path: Path) -> None:
    """Nothing is written into another run that gets the name of the folder."""
    here, there = tmp_path / "run", tmp_path / "moved"
    here.mkdir()
    with Journal(here / "metrics.jsonl") as journal:
        here.rename(there)
        assert journal.renew() == ""
        here.mkdir()
        with Journal(here / "metrics.jsonl") as other:
            other.append(event(9))
        assert journal.renew() == ""
        journal.append(event(1))
    assert read(there / "metrics.jsonl") == [1]
    assert read(here / "metrics.jsonl") == [9]


def test_a_folder_in_place_of_the_journal_is_an_error_and_no_silent_loss(file: Path) -> None:
    with Journal(file) as journal:
        journal.append(event(1))
        file.unlink()
        file.mkdir()
        with pytest.raises(OSError, match="a folder, not a file"):
            journal.renew()


def test_an_event_may_name_a_file_whose_name_is_not_text(file: Path) -> None:
    failed = EventRecord(3, "failed", "cannot read " + os.fsdecode(b"caf\xe9.txt"))
    with Journal(file) as journal:
        journal.append(failed)
    assert JournalTail(file).read().records == [failed]


def test_several_lines_never_make_a_record_together(file: Path) -> None:
    event = encode(EventRecord(1, "note")).encode().rstrip()
    for lines in ((b'"a', b'b"', event + b"," + event), (b"[", b"]", event)):
        file.write_bytes(b"\n".join((*lines, b"")))
        expected = [EventRecord(1, "note")] if lines[-1] == event else []
        assert JournalTail(file).read().records == expected
