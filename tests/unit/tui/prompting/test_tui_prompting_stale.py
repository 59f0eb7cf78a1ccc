"""Answers are stale if the fields or the weights have changed since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.decoding import parse_spec
from rnnlab.runs.records import State
from rnnlab.runs.store import RunStore
from rnnlab.runs.stored_checkpoints import NO_STEPS, stored_steps
from rnnlab.runs.summary import summarise
from rnnlab.tui.prompting.stale import is_of_fields, newer_step, origin_of_answers
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession
from tests.toys.app_lab import Lab


@pytest.mark.parametrize(
    ("state", "checkpoint", "newer"),
    [
        ("running", "live", 106),
        ("finished", "live", 103),
        ("running", "last", 103),
        ("running", "best", None),
        ("running", "100", None),
    ],
)
def test_newer_weights_are_those_that_the_checkpoint_names_now(
    tmp_path: Path, state: State, checkpoint: str, newer: int | None
) -> None:
    run = Lab(RunStore(tmp_path)).add("alpha")
    run.paths.pointer("last").write_text("103")
    run.paths.pointer("best").write_text("90")
    summary = replace(summarise(run), state=state, step=106)
    assert newer_step(checkpoint, 100, summary, stored_steps(run.paths)) == newer


def test_live_answers_stay_fresh_for_a_twentieth_of_their_steps(tmp_path: Path) -> None:
    run = Lab(RunStore(tmp_path)).add("alpha")
    steps = [replace(summarise(run), state="running", step=step) for step in (100, 105, 106)]
    assert [newer_step("live", 100, summary, NO_STEPS) for summary in steps] == [None, None, 106]


@pytest.mark.parametrize(
    ("name", "value"),
    [("prompt", "Twice"), ("length", "7"), ("seed", "2"), ("checkpoint", "best")],
)
def test_a_request_is_that_of_the_fields_until_one_of_them_changes(name: str, value: str) -> None:
    session = PromptSession()
    session.fields.prompt = "Once"
    specs = (parse_spec("greedy"), parse_spec("beam:k=2"))
    asked = PromptRequest("alpha", "Once", specs)
    assert is_of_fields(asked, session, "alpha", ("greedy", "beam:k=2"))
    assert is_of_fields(asked, session, "alpha", None), "an error in the decoders' field"
    assert not is_of_fields(asked, session, "alpha", ("greedy",))
    setattr(session.fields, name, value)
    assert not is_of_fields(asked, session, "alpha", ("greedy", "beam:k=2"))


def test_why_answers_are_stale_fits_on_a_line_of_80_columns(tmp_path: Path) -> None:
    run = replace(summarise(Lab(RunStore(tmp_path)).add("alpha")), state="running", step=1_234_567)
    session = PromptSession()
    session.submit(PromptRequest("alpha", "the mayor of the town " * 5, ()))
    session.step, session.is_over = 123_456, True
    texts = [origin_of_answers(session, run, NO_STEPS, ("greedy",))]
    session.fields.prompt = "the mayor of the town " * 5
    texts.append(origin_of_answers(session, run, NO_STEPS, ()))
    assert [text.rpartition("; ")[2] for text in texts] == ["enter asks again"] * 2
    assert max(map(len, texts)) <= 78
