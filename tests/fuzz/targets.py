"""Functions for a fuzzer: each reads one input that others may have written.

A target may raise nothing. It lets the documented errors (RnnlabError) pass, whose message must be
one printable line, and asserts what must hold for any input.
"""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import RnnlabError
from rnnlab.base.preferences import load_preferences
from rnnlab.base.toml_files import read_toml
from rnnlab.corpora import (
    AddOptions,
    Repairs,
    UnpackLimit,
    Vocabulary,
    add_corpus,
    read_corpus,
    read_documents,
    read_lines,
    read_texts,
    read_vectors,
    vectors_width,
)
from rnnlab.decoding import parse_prompts, parse_spec, spec_values, split_specs
from rnnlab.inference.network import read_arrays
from rnnlab.protocol.codec import decode_reply, decode_request, encode_reply, encode_request
from rnnlab.runs.filter import parse_filter
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
from rnnlab.runs.run import Run
from rnnlab.runs.samples import read_rounds
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.settings.changes import parse_changes, read_differences
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.values import read_settings
from rnnlab.tui.state import saved_session
from rnnlab.tui.state.view_state import load_view
from tests.fuzz.seeds import SEEDS

_NUM_ZEROS = 16
"""Size of the tensors in the target `weights`, in bytes."""


class Target(NamedTuple):
    """A function under test, and valid inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


@cache
def folder() -> Path:
    """Return a folder for the files of this process, in memory if possible."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="rnnlab-fuzz-", dir=memory if memory.is_dir() else None))


def remove_folder() -> None:
    """Delete the files of this process."""
    shutil.rmtree(folder(), ignore_errors=True)
    folder.cache_clear()
    _run.cache_clear()


@contextmanager
def refusals() -> Iterator[None]:
    """Let the documented errors pass; their message is one printable line."""
    try:
        yield
    except RnnlabError as error:
        message = str(error)
        assert message.strip()
        assert "\n" not in message, message


def _file(name: str, data: bytes) -> Path:
    file = folder() / name
    file.write_bytes(data)
    return file


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape" if data[:1] == b"\xff" else "replace")


@cache
def _run() -> Run:
    return RunStore(folder() / "runs").create("r", 'corpus = "stump"\n')


# Run folders


def journal(data: bytes) -> None:
    """A reader sees the valid lines, whatever the others are, and however the file is read."""
    paths = _run().paths
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
    read_rounds(paths)
    summarise(_run())


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
    paths = _run().paths
    place, messages = int.from_bytes(data[:2]), _text(data[2:]).split("\0")
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
    run = _run()
    run.paths.status.write_bytes(data)
    run.status()
    summarise(run)
    found = decode_status(data)
    if found is not None:
        text = encode_status(found).encode()
        assert repr(decode_status(text)) is not None
        for end in range(0, len(text), 17):
            assert decode_status(text[:end]) in (None, decode_status(text))
    assert isinstance(run.status(), Status)


def notes(data: bytes) -> None:
    run = _run()
    run.paths.notes.write_bytes(data)
    read_notes(run.paths)
    with refusals():
        written = change_note(run, _text(data))
        assert read_notes(run.paths) == written


def small_files(data: bytes) -> None:
    """Origin, changes that wait for a worker, pointers and published losses of a run."""
    run = _run()
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
    mailbox = _run().paths.mailbox
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
    file = _file("config.toml", data)
    for read in (RunConfig.from_toml, read_settings, read_toml):
        with refusals():
            read(file)
    with refusals():
        found = RunConfig.from_toml(file)
        file.write_text(found.to_toml(), encoding="utf-8")
        assert RunConfig.from_toml(file) == found
    run = _run()
    before = run.paths.config.read_bytes()
    run.paths.config.write_bytes(data)
    run.settings()
    summarise(run)
    run.paths.config.write_bytes(before)


def vocabulary(data: bytes) -> None:
    with refusals():
        found = Vocabulary.load(_file("vocabulary.json", data))
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
    file = _file("weights.safetensors", data if is_file else header)
    is_whole(file)
    with refusals():
        read_arrays(file)


# Texts


def documents(data: bytes) -> None:
    """Tables and JSON lines; what is added as a corpus can be read again."""
    for name in ("a.csv", "a.tsv", "a.jsonl"):
        file = _file(name, data)
        for repairs in (Repairs("strict"), Repairs("replace"), Repairs("skip")):
            with refusals():
                found = read_documents(file, repairs=repairs)
                assert len(found) == len(found.labels)
            with refusals():
                read_texts(file, repairs=repairs)
        with refusals():
            made, _ = add_corpus("d", file, folder() / "data", AddOptions("utf-8", errors="skip"))
            try:
                read_documents(made)
            finally:
                made.unlink()
        assert not [*(folder() / "data").glob("*")]


def texts(data: bytes) -> None:
    """A text in any encoding becomes a corpus that can be read, or nothing."""
    for name in ("a.txt", "b.txt.gz"):
        file = _file(name, data)
        for errors in ("strict", "skip"):
            wish = AddOptions(errors=errors, unpack_limit=UnpackLimit(1 << 20, 1))
            with refusals():
                made, _ = add_corpus("t", file, folder() / "data", wish)
                try:
                    read_corpus(made)
                finally:
                    made.unlink()
            assert not [*(folder() / "data").glob("*")]
    with refusals():
        read_lines(_file("lines.txt", data))


def encodings(data: bytes) -> None:
    """The first line names an encoding; what follows is a text in it."""
    name, _, content = data.partition(b"\n")
    for errors in ("strict", "replace", "skip"):
        with refusals():
            wish = AddOptions(_text(name), errors=errors)
            made, _ = add_corpus("t", _file("a.txt", content), folder() / "data", wish)
            made.read_text(encoding="utf-8")
            made.unlink()
        assert not [*(folder() / "data").glob("*")]


def vectors(data: bytes) -> None:
    file = _file("vectors.txt", data)
    for errors in ("strict", "replace", "skip"):
        with refusals():
            width = vectors_width(file, errors)
            assert 1 <= width <= len(data)
            found = read_vectors(file, ["the", " cat"], width, repairs=Repairs(errors))
            assert found.matrix.shape == (2, width)


# Lines and words


def decoder_spec(data: bytes) -> None:
    text = _text(data)
    with refusals():
        for one in split_specs(text):
            spec = parse_spec(one)
            assert parse_spec(spec.text) == spec
            assert spec_values(one)[0] == spec.name
            assert all(spec.chain)
    with refusals():
        parse_prompts(text)


def question_line(data: bytes) -> None:
    """A line to the generator is a question, or one of the errors that it reports."""
    try:
        question = decode_request(json.loads(data))
    except (ValueError, TypeError, RecursionError):
        return
    assert repr(decode_request(json.loads(encode_request(question)))) == repr(question)


def reply_line(data: bytes) -> None:
    reply = decode_reply(data)
    if reply is not None:
        line = encode_reply(reply)
        assert repr(decode_reply(line)) == repr(reply)
        for end in range(0, len(line) - 1, 13):
            assert decode_reply(line[:end]) is None


def filters(data: bytes) -> None:
    text = _text(data)
    with refusals():
        parse_filter(text)(summarise(_run()))
    with refusals():
        parse_changes(text.split())
    read_differences(text)


# The user's files


def preferences(data: bytes) -> None:
    with refusals():
        load_preferences(_file("preferences.toml", data))


def saved_views(data: bytes) -> None:
    load_view(_file("view.json", data))
    saved_session.read(_file("answers.jsonl", data))


_FUNCTIONS = (
    journal, journal_writes, status, notes, small_files, mail, queue, config, vocabulary, weights,
    documents, texts, encodings, vectors, decoder_spec, question_line, reply_line, filters,
    preferences, saved_views,
)  # fmt: skip
TARGETS = {
    function.__name__.replace("_", "-"): Target(function, SEEDS[function.__name__])
    for function in _FUNCTIONS
}
"""Every target by its name on the command line."""
