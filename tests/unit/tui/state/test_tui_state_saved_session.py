"""The last answers in their file: read back whole or not at all."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rnnlab.decoding import TracedHypothesis, TracedStep, parse_spec
from rnnlab.protocol.messages import Answer, Ended, Failed, Progress, Started, Trace
from rnnlab.tui.state import saved_session
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession

ANSWER = Answer("beam:k=3", ["beam"], 1, "Once", "ce", False, -1.0, -1.0, ["c", "e"], [-0.5, -0.5])
HYPOTHESIS = TracedHypothesis(1, 0, "c", -0.5, -0.5, -0.5, "kept")
STEP = TracedStep(0, 0, [], [HYPOTHESIS], None, "")


def written(*, num_steps: int = 1) -> PromptSession:
    """Return what was asked of a beam and answered."""
    writing = PromptSession()
    writing.begin(PromptRequest("alpha", "On", (parse_spec("beam:k=3"),)))

    async def hear() -> None:
        await writing.on_reply(Started(3, 40))
        for _ in range(num_steps):
            await writing.on_reply(Trace(3, 0, [asdict(STEP)]))
        await writing.on_reply(Progress(3, 0, [ANSWER], is_last=True))
        await writing.on_reply(Ended(3, was_cancelled=False, elapsed_s=0.5))

    asyncio.run(hear())
    return writing


def recalled(file: Path) -> PromptSession:
    last = saved_session.read(file)
    assert last is not None
    writing = PromptSession()
    asyncio.run(writing.recall(last))
    return writing


def test_what_was_answered_is_recalled_and_the_generator_is_still_to_come(tmp_path: Path) -> None:
    file = tmp_path / "new" / "answers.jsonl"
    saved_session.save(written(), file)
    writing = recalled(file)
    assert writing.answers == {0: [ANSWER]}
    assert writing.request == PromptRequest("alpha", "On", (parse_spec("beam:k=3"),))
    assert (writing.step, writing.elapsed_s) == (40, 0.5)
    assert (writing.is_over, writing.is_recalled, writing.is_cancelled) == (True, True, False)
    assert not writing.history.prompts, "nothing was asked anew"
    assert list(writing.searches[0].hypotheses) == [1]


def test_a_search_too_long_to_keep_is_cut_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    saved_session.save(written(num_steps=500), file, most_bytes=4000)
    assert file.stat().st_size < 4000
    assert recalled(file).searches[0].is_cut


def test_an_answer_that_was_cancelled_or_cut_by_leaving_is_kept_as_such(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    for reply, elapsed_s in ((Ended(3, was_cancelled=True, elapsed_s=0.25), 0.25), (None, 0.0)):
        writing = written()
        writing.begin(PromptRequest("alpha", "On", (parse_spec("greedy"),)))
        asyncio.run(writing.on_reply(Started(4, 41)))
        asyncio.run(writing.on_reply(Progress(4, 0, [ANSWER], is_last=False)))
        if reply is not None:
            asyncio.run(writing.on_reply(reply))
        saved_session.save(writing, file)
        again = recalled(file)
        assert (again.step, again.is_cancelled, again.elapsed_s) == (41, True, elapsed_s)


def test_what_went_wrong_is_not_kept_nor_what_was_kept_before(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    writing = written()
    asyncio.run(writing.on_reply(Failed(3, "the model is gone")))
    saved_session.save(writing, file)
    assert not file.exists()
    saved_session.save(written(), file)
    writing = recalled(file)
    file.unlink()
    saved_session.save(writing, file)
    assert not file.exists(), "another lab may have kept newer ones"


def test_nothing_is_kept_where_nothing_was_answered(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    saved_session.save(PromptSession(), file)
    assert not file.exists()
    saved_session.save(written(), None)
    saved_session.save(written(), tmp_path)  # a folder: done without
    assert saved_session.read(None) is None
    assert saved_session.read(file) is None


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (0, {"kind": "distributions"}),
        (0, {"decoders": ["no-decoder"]}),
        (0, {"prompt": 7}),
        (1, {"step": "forty"}),
        (1, {"kind": "ready"}),
        (3, {"decoder": 5}),
        (3, {"answers": [{**asdict(ANSWER), "logprob": "[b]"}]}),
        (3, {"answers": [{**asdict(ANSWER), "tokens": []}]}),
        (3, {"answers": [{**asdict(ANSWER), "token_logprobs": [-0.5]}]}),
        (3, {"answers": [{**asdict(ANSWER), "logprob": 1000.0}]}),
        (3, {"answers": [{**asdict(ANSWER), "score": float("nan")}]}),
        (3, {"answers": [{"text": "Once"}]}),
        (2, {"steps": [{"step": "no"}]}),
        (2, {"steps": [asdict(replace(STEP, hypotheses=[replace(HYPOTHESIS, parent=1)]))]}),
        (2, {"steps": [asdict(replace(STEP, hypotheses=[replace(HYPOTHESIS, token=7)]))]}),  # type: ignore[arg-type]
        (4, {"elapsed_s": None}),
    ],
)
def test_what_was_changed_to_something_else_says_nothing(
    tmp_path: Path, line: int, change: dict[str, object]
) -> None:
    file = tmp_path / "answers.jsonl"
    saved_session.save(written(), file)
    lines = file.read_text("utf-8").splitlines()
    values = json.loads(lines[line])
    assert values.keys() >= change.keys()
    lines[line] = json.dumps(values | change)
    file.write_text("\n".join(lines), "utf-8")
    assert saved_session.read(file) is None


@pytest.mark.parametrize("text", ["", "\n", "[]", "{}\n{}", "\x00\xff", "[" * 100_000])
def test_a_broken_file_says_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(text, "utf-8")
    assert saved_session.read(file) is None


def test_a_file_that_was_cut_short_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    saved_session.save(written(), file)
    lines = file.read_text("utf-8").splitlines()
    for num in range(len(lines)):
        file.write_text("\n".join(lines[:num]), "utf-8")
        assert saved_session.read(file) is None
