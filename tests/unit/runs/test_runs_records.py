from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.runs.records import (
    ACTIVE_STATES,
    EvalRecord,
    EventRecord,
    LayersRecord,
    Record,
    State,
    Status,
    TrainRecord,
    decode,
    decode_lines,
    decode_status,
    encode,
    encode_status,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | finite
steps = st.integers(0, 10**12)
words = st.text(st.characters(exclude_categories=["Cs"]))

records: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        TrainRecord,
        steps, finite, finite, maybe, maybe, maybe, finite, steps, finite, finite,
    ),
    st.builds(LayersRecord, steps, st.dictionaries(words, maybe)),
    st.builds(EvalRecord, steps, finite, finite, maybe, st.booleans()),
    st.builds(EventRecord, steps, words, words, finite),
)  # fmt: skip
statuses = st.builds(
    Status,
    state=st.sampled_from(get_args(State)),
    pid=st.integers(0, 2**22),
    host=words,
    heartbeat=finite,
    step=steps,
    total_steps=st.none() | steps,
    eta_s=maybe,
    train_loss=maybe,
    reason=words,
    is_bad_input=st.booleans(),
    recent_losses=st.lists(finite),
)

TRAIN = TrainRecord(1, 0.1, 2.0, 3.0, 4.0, 5.0, 0.0, 0, 0.001, 1e5)


@given(records)
def test_a_record_comes_back_from_its_line(record: Record) -> None:
    line = encode(record)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert decode(line) == decode(line.encode()) == record


@given(statuses)
def test_a_status_comes_back_from_its_document(status: Status) -> None:
    assert decode_status(encode_status(status)) == status


@given(records, st.data())
def test_a_part_of_a_line_is_not_a_record(record: Record, data: st.DataObject) -> None:
    line = encode(record).encode()
    end = data.draw(st.integers(0, len(line) - 2))
    assert decode(line[:end]) is None


@given(st.binary() | st.text().map(str.encode))
def test_an_arbitrary_line_is_neither_a_record_nor_a_status(line: bytes) -> None:
    assert decode(line) is None
    assert decode_status(line) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["train", "eval", "layers", "event"]),
    st.sampled_from([field.name for field in dataclasses.fields(TrainRecord)] + ["grad_norms"]),
    json_values,
)
def test_a_record_with_a_wrong_type_is_none(kind: str, name: str, value: Any) -> None:
    values = json.loads(encode(TRAIN)) | {"grad_norms": {}, "event": "x", "val_loss": 1.0}
    values |= {"kind": kind, "is_best": True, name: value}
    record = decode(json.dumps(values))
    if record is not None:
        assert isinstance(record.step, int)
        assert decode(encode(record)) is not None


@settings(max_examples=30)
@given(st.lists(records), st.lists(st.sampled_from([b"", b"1, 2", b'{"kind": "tr', b"[]", b"nan"])))
def test_lines_are_decoded_together_as_one_by_one(given: list[Record], others: list[bytes]) -> None:
    lines = [encode(record).encode() for record in given]
    assert decode_lines(lines) == given
    for place, other in enumerate(others):
        lines.insert(2 * place, other)
    assert decode_lines(lines) == given


def test_an_unknown_kind_is_not_a_record() -> None:
    assert decode('{"kind": "neurons", "step": 3}') is None
    assert decode('{"step": 3}') is None


def test_a_newer_field_is_passed_over_and_a_missing_one_is_no_record() -> None:
    values = json.loads(encode(TRAIN))
    assert decode(json.dumps({**values, "wavelength": [1, 2]})) == TRAIN
    del values["lr"]
    assert decode(json.dumps(values)) is None


def test_a_field_with_a_default_may_be_missing() -> None:
    assert decode('{"kind": "event", "step": 3, "event": "paused"}') == EventRecord(3, "paused")


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_inf_and_nan_are_written_as_null(value: float) -> None:
    train = dataclasses.replace(TRAIN, train_loss=value, grad_norm=value)
    assert decode(encode(train)) == dataclasses.replace(TRAIN, train_loss=None, grad_norm=None)
    layers = LayersRecord(1, {"a": value, "b": 1.0})
    assert decode(encode(layers)) == LayersRecord(1, {"a": None, "b": 1.0})
    status = decode_status(encode_status(Status(val_loss=value)))
    assert status == Status(val_loss=None)
    assert "NaN" not in encode(train) + encode(layers)
    assert "Infinity" not in encode(train) + encode(layers)


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "[]", "null", "{}", '{"state": "asleep"}', '{"state": ["running"]}',
        '{"state": "running", "step": "many"}', '{"state": "running", "recent_losses": null}',
        '{"state": "running", "recent_losses": [null]}', "[" * 100_000,
    ],
)  # fmt: skip
def test_an_invalid_status_is_none(document: str) -> None:
    assert decode_status(document) is None


def test_a_status_of_a_newer_version_is_read() -> None:
    assert decode_status('{"state": "paused", "mood": "fine"}') == Status(state="paused")


def test_a_run_that_has_ended_needs_no_worker() -> None:
    assert set(get_args(State)) - ACTIVE_STATES == {"finished", "stopped", "failed", "lost"}


def test_a_number_that_is_no_float_is_in_no_record_and_no_status() -> None:
    """JSON has whole numbers of any size; a chart or a table could not show them."""
    huge = b"1" + b"0" * 400
    train = encode(TRAIN).encode()
    for name in (b'"step": 1', b'"train_loss": 3.0'):
        assert name in train
        assert decode(train.replace(name, name.partition(b":")[0] + b": " + huge)) is None
    status = encode_status(Status(recent_losses=[1.0]))
    assert decode_status(status.replace("[1.0]", f"[1.0, {huge.decode()}]")) is None
