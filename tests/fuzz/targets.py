"""Functions for a fuzzer: each reads one input that others may have written.

A target may raise nothing. It lets the documented errors (RnnlabError) pass, whose message must be
one printable line, and asserts what must hold for any input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rnnlab.base.parsing import parse_json
from rnnlab.base.preferences import load_preferences
from rnnlab.decoding import parse_prompts, parse_spec, spec_values, split_specs
from rnnlab.protocol.codec import decode_reply, decode_request, encode_reply, encode_request
from rnnlab.runs.filter import parse_filter
from rnnlab.runs.summary import summarise
from rnnlab.settings.changes import parse_changes, read_differences
from rnnlab.tui.state import saved_session
from rnnlab.tui.state.view_state import load_view
from tests.fuzz.files import file_with, refusals, run_folder, text_of
from tests.fuzz.run_files import (
    config,
    journal,
    journal_writes,
    mail,
    notes,
    queue,
    small_files,
    status,
    vocabulary,
    weights,
)
from tests.fuzz.seeds import SEEDS
from tests.fuzz.text_files import documents, encodings, texts, vectors


class Target(NamedTuple):
    """A function under test, and valid inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


# Lines and words


def decoder_spec(data: bytes) -> None:
    text = text_of(data)
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
        question = decode_request(parse_json(data))
    except (ValueError, TypeError):
        return
    assert repr(decode_request(parse_json(encode_request(question)))) == repr(question)


def reply_line(data: bytes) -> None:
    reply = decode_reply(data)
    if reply is not None:
        line = encode_reply(reply)
        assert repr(decode_reply(line)) == repr(reply)
        for end in range(0, len(line) - 1, 13):
            assert decode_reply(line[:end]) is None


def filters(data: bytes) -> None:
    text = text_of(data)
    with refusals():
        parse_filter(text)(summarise(run_folder()))
    with refusals():
        parse_changes(text.split())
    read_differences(text)


# The user's files


def preferences(data: bytes) -> None:
    with refusals():
        load_preferences(file_with("preferences.toml", data))


def saved_views(data: bytes) -> None:
    load_view(file_with("view.json", data))
    saved_session.read(file_with("answers.jsonl", data))


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
