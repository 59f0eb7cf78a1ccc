from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.base.errors import (
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    BadInputError,
    RnnlabError,
    UnknownNameError,
    one_line,
)


@given(st.text(alphabet=st.characters()))
def test_one_line_holds_printable_characters_only(text: str) -> None:
    assert one_line(text).isprintable()


def test_one_line_folds_every_line_end_and_takes_escapes_apart() -> None:
    assert one_line("  a\r\nb\u2028c\x1b[31m\x07 \n") == "a b c [31m"


def test_an_error_says_what_and_what_to_do_on_one_line() -> None:
    error = RnnlabError("no\nroom", "buy\ta disk")
    assert str(error) == "no room; buy a disk"
    assert (error.what, error.hint) == ("no room", "buy a disk")
    assert str(RnnlabError("no room")) == "no room"


def test_bad_input_and_failure_have_their_own_exit_codes() -> None:
    assert RnnlabError("x").exit_code == EXIT_FAILED == 1
    assert BadInputError("x").exit_code == EXIT_BAD_INPUT == 2
    assert UnknownNameError("cell", "x", []).exit_code == EXIT_BAD_INPUT


@pytest.mark.parametrize(
    ("name", "known", "hint", "message"),
    [
        ("lsmt", ["gru", "lstm"], "", "unknown cell 'lsmt'; did you mean 'lstm'?"),
        ("lsmt", ["gru", "lstm"], "other", "unknown cell 'lsmt'; did you mean 'lstm'?"),
        ("zzz", ["gru", "lstm"], "", "unknown cell 'zzz'; known: gru, lstm"),
        ("zzz", ["gru", "lstm"], "look around", "unknown cell 'zzz'; look around"),
        ("zzz", [], "", "unknown cell 'zzz'; there is no cell yet"),
    ],
)
def test_an_unknown_name_offers_the_nearest_or_all(
    name: str, known: list[str], hint: str, message: str
) -> None:
    assert str(UnknownNameError("cell", name, iter(known), hint)) == message
