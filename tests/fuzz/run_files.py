"""Targets: the files of a run folder; see `targets.py` for the rules."""

from __future__ import annotations

import struct

from rnnlab.base.toml_files import read_toml
from rnnlab.corpora import (
    Vocabulary,
)
from rnnlab.inference.network import read_arrays
from rnnlab.runs.history import read_history
from rnnlab.runs.intact import is_whole
from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.mailbox import Command, collect, send
from rnnlab.runs.notes import change_note, read_notes
from rnnlab.runs.origin import read_origin
from rnnlab.runs.pending import read_pending
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import (
    EventRecord,
    Record,
    Status,
    decode,
    decode_lines,
    decode_status,
    encode_status,
)
from rnnlab.runs.samples import read_rounds
from rnnlab.runs.summary import summarise
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.values import read_settings
from tests.fuzz.files import file_with, folder, refusals, run_folder, text_of

_NUM_ZEROS = 16
"""Size of the tensors in the target `weights`, in bytes."""


def journal(data: bytes) -> None:
    """A reader sees the valid lines, whatever the others are, and however the file is read."""
    paths = run_folder().paths
    paths.journal.write_bytes(data)
    lines = data.split(b"\n")[:-1]
    expected = [record for record in map(decode, lines) if record is not None]
    assert repr(decode_lines(lines)) == repr(expected)
    assert repr(JournalTail(paths.journal).read().records) == repr(expected)
    tail, parts = JournalTail(paths.journal), list[Record]()
    while chunk := _part(tail, len(data)):
        parts += chunk
    assert repr(parts[: len(expected)]) == repr(expected)
    list(JournalTail(paths.journal).news(10))
    read_history(paths.journal)
    paths.samples.write_bytes(data)
    for one in read_rounds(paths):
        assert one.samples
    summarise(run_folder())


def _part(tail: JournalTail, num_bytes: int) -> list[Record]:
    """Return the next records, read in small parts; [] at the end."""
    for _ in range(num_bytes // 7 + 2):
        if records := tail.read(7).records:
            return records
    return []


def journal_writes(data: bytes) -> None:
    """Any prefix of any sequence of writes is readable and yields only written records.

    The input has two bytes for the length of the prefix, then the messages of events.
    """
    paths = run_folder().paths
    place, messages = int.from_bytes(data[:2]), text_of(data[2:]).split("\0")
    records = [EventRecord(step, "note", message) for step, message in enumerate(messages)]
    paths.journal.unlink(missing_ok=True)
    with Journal(paths.journal) as written:
        for record in records:
            with refusals():
                written.append(*[record] * (record.step % 2 + 1))
    whole = paths.journal.read_bytes()
    stored = [r for r in map(decode, whole.split(b"\n")) if r is not None]
    prefix = whole[: place % (len(whole) + 1)]
    paths.journal.write_bytes(prefix)
    found = JournalTail(paths.journal).read().records
    assert found == stored[: len(found)]
    assert len(found) == prefix.count(b"\n")
    # The next worker appends to what is left of the file.
    more = EventRecord(len(records), "resumed", "again")
    with Journal(paths.journal) as continued:
        continued.append(more)
    assert JournalTail(paths.journal).read().records in (
        [*found, more],
        [*found, stored[len(found)], more] if len(found) < len(stored) else None,
    )


def status(data: bytes) -> None:
    """A status is valid or unknown; no prefix of a written one is another status."""
    run = run_folder()
    run.paths.status.write_bytes(data)
    run.status()
    summarise(run)
    found = decode_status(data)
    if found is not None:
        text = encode_status(found).encode()
        again = decode_status(text)  # None: a number that JSON cannot hold was needed
        assert again is None or encode_status(again).encode() == text
        for end in range(0, len(text), 17):
            assert decode_status(text[:end]) in (None, decode_status(text))
    assert isinstance(run.status(), Status)


def notes(data: bytes) -> None:
    run = run_folder()
    run.paths.notes.write_bytes(data)
    read_notes(run.paths)
    with refusals():
        written = change_note(run, text_of(data))
        assert read_notes(run.paths) == written


def small_files(data: bytes) -> None:
    """Origin, changes that wait for a worker, pointers and published losses of a run."""
    run = run_folder()
    for file in (run.paths.origin, run.paths.changes, run.paths.published, run.paths.corpus):
        file.write_bytes(data)
    for pointer in (run.paths.pointer("last"), run.paths.pointer("best")):
        pointer.write_bytes(data)
    try:
        read_origin(run.paths)
        read_pending(run.paths)
        run.published()
        run.family()
        run.paths.read_pointer("last")
        summarise(run)
    finally:
        for file in run.paths.root.glob("*"):
            if file.name not in ("config.toml", "status.json"):
                file.unlink()


def mail(data: bytes) -> None:
    """An invalid message is dropped; a valid one arrives as it was sent."""
    mailbox = run_folder().paths.mailbox
    mailbox.mkdir(exist_ok=True)
    (mailbox / "1.json").write_bytes(data)
    for command in collect(mailbox):
        assert all(isinstance(value, float) for value in command.changes.values())
        with refusals():
            send(mailbox, command)
        assert repr(collect(mailbox)) == repr([command])
    send(mailbox, Command("stop"))
    assert [command.action for command in collect(mailbox)] == ["stop"]


def queue(data: bytes) -> None:
    """An entry that cannot be read takes no place in the queue."""
    runs = folder() / "queued"
    runs.mkdir(exist_ok=True)
    waiting = Queue(runs)
    waiting.join("a", "cpu")
    (entry,) = runs.rglob("a.json")
    entry.write_bytes(data)
    waiting.join("b", "cpu")
    assert waiting.has("b")
    waiting.waiting()
    waiting.place("a")
    waiting.leave("b")
    waiting.leave("a")
    assert not waiting.has("a")


def config(data: bytes) -> None:
    file = file_with("config.toml", data)
    for read in (RunConfig.from_toml, read_settings, read_toml):
        with refusals():
            read(file)
    with refusals():
        found = RunConfig.from_toml(file)
        file.write_text(found.to_toml(), encoding="utf-8")
        assert RunConfig.from_toml(file) == found
    run = run_folder()
    before = run.paths.config.read_bytes()
    run.paths.config.write_bytes(data)
    run.settings()
    summarise(run)
    run.paths.config.write_bytes(before)


def vocabulary(data: bytes) -> None:
    with refusals():
        found = Vocabulary.load(file_with("vocabulary.json", data))
        assert len(found.pieces) == len(found)
        with refusals():
            ids = found.encode(found.normalise("The cat, a <unk> (b)."))
            assert isinstance(found.decode(ids), str)
        file = folder() / "again.json"
        found.save(file)
        assert Vocabulary.load(file) == found


def weights(data: bytes) -> None:
    """The input is a whole file, or the header of one whose tensors are all zeros."""
    is_file = data[:1] != b"{"
    header = struct.pack("<Q", len(data)) + data + bytes(_NUM_ZEROS)
    file = file_with("weights.safetensors", data if is_file else header)
    is_whole(file)
    with refusals():
        read_arrays(file)
