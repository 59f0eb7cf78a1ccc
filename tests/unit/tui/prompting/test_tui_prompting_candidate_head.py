"""The head of a candidate is broken where an option begins."""

from __future__ import annotations

from rnnlab.tui.prompting.candidate_head import broken


def test_a_title_is_broken_where_an_option_begins() -> None:
    assert broken("nucleus:p=0.95,temperature=0.8 #1", 15) == "nucleus:p=0.95,\ntemperature=0.8\n#1"
    assert broken("greedy #1", 15) == "greedy #1"
    assert broken("waiting beam:k=3", 15) == "waiting\nbeam:k=3", "not within what fits a line"
