"""The classes of a document, read from an answer and drawn as bars."""

from __future__ import annotations

import math

import pytest
from rich.cells import cell_len

from rnnlab.protocol.messages import CLASSIFY, Answer
from rnnlab.tui.prompting.classes import class_bars, classes_of


def answer(decoder: str) -> Answer:
    tokens = ["\nvery  [b]good  75.0%", "\nbad  25.0%"]
    logprobs = [math.log(0.75), math.log(0.25)]
    text = "".join(tokens)
    return Answer(decoder, [], 1, text, text, True, -0.1, -0.1, tokens, logprobs)


def test_the_classes_of_an_answer_are_those_of_its_tokens() -> None:
    classes = classes_of(answer(CLASSIFY))
    assert classes == pytest.approx({"very  [b]good": 0.75, "bad": 0.25})
    assert classes_of(answer("greedy")) == {}


@pytest.mark.parametrize("width", [20, 30, 76])
def test_bars_fit_the_width_and_names_are_shown_as_they_are(width: int) -> None:
    lines = class_bars({"[b]gut\x1b": 0.9, "schlecht" * 9: 0.1}, width).plain.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert lines[0].startswith("[b]g")
    assert " 90.0% " in lines[0]
    assert lines[0].count("▇") > lines[1].count("▇") > 0
