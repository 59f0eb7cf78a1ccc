from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.protocol.codec import (
    decode_reply,
    decode_request,
    encode_cancel,
    encode_reply,
    encode_request,
)
from rnnlab.protocol.messages import (
    MAX_SEED,
    Alive,
    Answer,
    Classified,
    Distributions,
    DistributionsFound,
    Ended,
    Expand,
    Expanded,
    Failed,
    Generate,
    Progress,
    Question,
    Ready,
    Reply,
    Started,
    Trace,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]))
asks = st.integers(0, 10**9)

answers = st.builds(
    Answer,
    words, st.lists(words), st.integers(1, 99), words, words, st.booleans(), finite, finite,
    st.lists(words), st.lists(finite),
)  # fmt: skip
replies: st.SearchStrategy[Reply] = st.one_of(
    st.just(Ready()),
    st.builds(Alive, asks),
    st.builds(Started, asks, asks),
    st.builds(Progress, asks, st.integers(0, 9), st.lists(answers, max_size=3), st.booleans()),
    st.builds(Classified, asks, st.dictionaries(words, finite)),
    st.builds(Trace, asks, asks, st.lists(st.dictionaries(words, finite)), st.booleans()),
    st.builds(
        DistributionsFound,
        asks,
        asks,
        st.lists(words),
        asks,
        asks,
        st.lists(st.dictionaries(words, finite)),
        st.lists(words),
        words,
    ),
    st.builds(
        Expanded,
        asks,
        asks,
        st.lists(st.lists(words)),
        st.lists(st.dictionaries(words, finite)),
    ),
    st.builds(Failed, asks, words),
    st.builds(Ended, asks, st.booleans(), finite),
)
looks = st.builds(
    Distributions, asks, words, words, st.lists(words), words, words, st.integers(1, 10**6), words
)
expansions = st.builds(
    Expand, asks, words, words, st.lists(words), st.lists(words), num_children=st.integers(0, 99)
)
requests = st.builds(
    Generate,
    ask=asks,
    run=words,
    prompt=words,
    decoders=st.lists(words),
    checkpoint=words,
    length=st.integers(1, 10**6),
    num=st.none() | st.integers(1, 100),
    seed=st.integers(0, MAX_SEED),
    has_trace=st.booleans(),
)
REQUEST: dict[str, Any] = {"ask": 1, "run": "/r", "prompt": "", "decoders": ["greedy"]}


@settings(max_examples=60)
@given(replies)
def test_a_reply_comes_back_from_its_line(reply: Reply) -> None:
    line = encode_reply(reply)
    assert line.isascii()
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert decode_reply(line) == decode_reply(line.encode()) == reply


@settings(max_examples=60)
@given(requests | looks | expansions)
def test_a_question_comes_back_from_its_line(question: Question) -> None:
    line = encode_request(question)
    assert line.isascii()
    assert line.count("\n") == 1
    assert decode_request(json.loads(line)) == question


def test_what_may_be_left_out_has_a_default() -> None:
    request = decode_request(REQUEST)
    assert isinstance(request, Generate)
    assert (request.checkpoint, request.length, request.num, request.seed) == ("last", 120, None, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"ask": "one"}, {"ask": None}, {"ask": []}, {"run": 3}, {"prompt": None},
        {"decoders": "greedy"}, {"decoders": [3]}, {"decoders": None}, {"length": 0},
        {"length": -1}, {"length": 1.5}, {"num": 0}, {"num": "all"}, {"seed": -1},
        {"seed": MAX_SEED + 1}, {"checkpoint": 3}, {"colour": "red"},
        {"kind": "sing"}, {"kind": ["generate"]}, {"kind": "distributions"}, {"has_trace": 1},
        {"kind": "distributions", "decoders": [], "tokens": []},
        {"kind": "expand", "decoders": [], "tokens": []}, {"kind": "expand"},
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        decode_request({**REQUEST, **change})


@pytest.mark.parametrize("missing", sorted(REQUEST))
def test_an_incomplete_request_is_refused(missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        decode_request({key: value for key, value in REQUEST.items() if key != missing})


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "3", "null", "{}", '{"kind": "sung"}', '{"kind": "started"}', b"\xff",
        '{"kind": "progress", "ask": 1, "decoder": 0, "answers": [{}], "is_last": true}',
        '{"kind": "progress", "ask": 1, "decoder": 0, "answers": [3], "is_last": true}',
        '{"kind": "classified", "ask": 1, "probabilities": {"good": "97.0%"}}',
        '{"kind": ["ready"]}',
    ],
)  # fmt: skip
def test_what_is_no_reply_is_none(line: str | bytes) -> None:
    assert decode_reply(line) is None


@given(st.text() | st.binary())
def test_an_arbitrary_line_is_not_a_reply(line: str | bytes) -> None:
    assert decode_reply(line) is None


def test_a_cancel_names_its_ask() -> None:
    assert json.loads(encode_cancel(7)) == {"cancel": 7}
