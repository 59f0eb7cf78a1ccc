"""What is written is read again, and no part of it is taken for something else (Hypothesis)."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.base.parsing import LARGEST_INTEGER
from rnnlab.protocol.codec import decode_request, encode_request
from rnnlab.protocol.messages import Distributions, Expand, Generate, Question
from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.mailbox import Command, collect, send
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    LayersRecord,
    ProbeRecord,
    Record,
    SampleRecord,
    Status,
    TrainRecord,
    decode_status,
    encode_status,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(), max_size=30)  # also unpaired surrogates, as names of files have
RECORDS = st.one_of(
    *(
        st.builds(kind)
        for kind in (TrainRecord, EvalRecord, EventRecord, LayersRecord, ProbeRecord, SampleRecord)
    )
)
st.register_type_strategy(float, FINITE)
st.register_type_strategy(str, TEXTS)
st.register_type_strategy(int, st.integers(-LARGEST_INTEGER, LARGEST_INTEGER))
in_a_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_a_file
@given(
    writes=st.lists(st.lists(RECORDS, min_size=1, max_size=3), max_size=6),
    place=st.floats(0, 1),
)
def test_any_prefix_of_any_sequence_of_writes_has_only_written_records(
    tmp_path: Path, writes: list[list[Record]], place: float
) -> None:
    file = tmp_path / "metrics.jsonl"
    file.unlink(missing_ok=True)
    with Journal(file) as journal:
        for records in writes:
            journal.append(*records)
    written = [record for records in writes for record in records]
    whole = file.read_bytes()
    assert JournalTail(file).read().records == written
    file.write_bytes(whole[: round(place * len(whole))])
    left = JournalTail(file).read().records
    assert left == written[: len(left)]
    more = EventRecord(0, "resumed")
    with Journal(file) as journal:  # the next worker
        journal.append(more)
    again = JournalTail(file).read().records
    assert again[-1] == more
    assert again[:-1] == written[: len(again) - 1]


@given(status=st.builds(Status), place=st.floats(0, 1))
def test_a_part_of_a_status_is_no_status(status: Status, place: float) -> None:
    text = encode_status(status)
    assert decode_status(text) == status
    assert decode_status(text[: int(place * (len(text) - 2))]) is None


@in_a_file
@given(commands=st.lists(st.builds(Command, values=st.dictionaries(TEXTS, FINITE, max_size=2))))
def test_mail_arrives_as_it_was_sent_and_in_order(tmp_path: Path, commands: list[Command]) -> None:
    for command in commands:
        send(tmp_path / "mail", command)
    assert collect(tmp_path / "mail") == commands


@given(question=st.one_of(st.builds(Generate), st.builds(Distributions), st.builds(Expand)))
def test_a_question_that_is_accepted_arrives_unchanged(question: Question) -> None:
    assert type(question) in get_args(Question)
    line = encode_request(question)
    assert "\n" not in line[:-1]
    from rnnlab.base.parsing import parse_json

    try:
        received = decode_request(parse_json(line))
    except ValueError:  # a number out of range
        return
    assert received == question
