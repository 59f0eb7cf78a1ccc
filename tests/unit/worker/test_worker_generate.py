"""Who waits for the first weights of a run lets the others go first, and may leave."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import torch

from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import Alive, Ended, Failed, Generate, Reply
from rnnlab.runs.checkpoint import NotYetError
from rnnlab.runs.run import Run
from rnnlab.worker import AnswerContext, ModelCache, Pace, generate
from tests.toys.lab import Lab
from tests.toys.live_runs import held, make_run


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[Run]:
    """A run whose worker has saved nothing so far."""
    run = make_run(tmp_path, "starting", last=None, config='corpus = "stump"\n')
    with held(run):
        yield run


def test_others_go_first(starting: Run) -> None:
    desk = AnswerContext(ModelCache(), lambda _reply: None, lambda _ask: False, lambda: True)
    with pytest.raises(NotYetError):
        desk.model(1, str(starting.paths.root), "live")


def test_with_nobody_else_it_is_waited_for(starting: Run) -> None:
    """The second look finds nobody who waits any more."""
    looks = iter([False, False, True])
    desk = AnswerContext(ModelCache(), lambda _reply: None, lambda _ask: next(looks, True))
    with pytest.raises(BadInputError, match="try again in a moment"):
        desk.model(1, str(starting.paths.root), "live")
    assert next(looks, None) is None


def test_who_has_left_is_told_of_no_fault(starting: Run) -> None:
    said: list[Reply] = []
    request = Generate(7, str(starting.paths.root), "a", ["greedy"], "live", 5)
    looks = iter([False, False])
    desk = AnswerContext(ModelCache(), said.append, lambda _ask: next(looks, True))
    generate.answer(request, desk)
    assert [type(reply) for reply in said] == [Ended]
    assert isinstance(said[0], Ended)
    assert said[0].was_cancelled


def test_who_stays_is_told(starting: Run) -> None:
    said: list[Reply] = []
    request = Generate(7, str(starting.paths.root), "a", ["greedy"], "last", 5)
    generate.answer(request, AnswerContext(ModelCache(), said.append, lambda _ask: False))
    failed, ended = said
    assert isinstance(failed, Failed)
    assert isinstance(ended, Ended)
    assert failed.is_checkpoint_missing


def test_a_ping_is_answered_while_a_question_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Reply] = []
    monkeypatch.setattr(generate, "send", said.append)
    question = '{"kind": "generate", "ask": 1, "run": "r", "prompt": "", "decoders": []}\n'
    inbox = generate.Inbox(io.StringIO(f'{question}{{"ping": 7}}\n'))
    Lab.until(lambda: said == [Alive(7)], "the ping is answered")
    assert [one.ask for one in inbox] == [1]


def test_without_a_reader_of_its_replies_the_questions_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the process of a lab that was killed would wait for ever."""

    def broken(_reply: Reply) -> NoReturn:
        raise BrokenPipeError

    monkeypatch.setattr(generate, "send", broken)
    inbox = generate.Inbox(io.StringIO('{"ping": 7}\n'))
    Lab.until(inbox.others_wait, "the end is in the queue")
    assert list(inbox) == []


class NoMemory(ModelCache):
    """Fails as torch does on a GPU without memory."""

    def get(self, *_: object) -> NoReturn:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")


def test_a_lack_of_memory_is_told_with_a_remedy() -> None:
    said: list[Reply] = []
    request = Generate(7, "somewhere", "a", ["greedy"], "last", 5)
    generate.answer(request, AnswerContext(NoMemory(), said.append, lambda _ask: False))
    assert said[0] == Failed(
        7,
        "out of memory on the GPU (20.00 MiB more needed); ask for less at a time: a lower --num, "
        "--length or k, or fewer prompts, or use another --device",
    )


def test_a_question_that_was_put_back_comes_after_the_others() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as sent, os.fdopen(ours) as stream:
        inbox = generate.Inbox(stream)
        for ask in (1, 2):
            sent.write(
                f'{{"kind": "generate", "ask": {ask}, "run": "r", "prompt": "", "decoders": []}}\n'
            )
        sent.flush()
        order = []
        for question in inbox:
            order.append(question.ask)
            if len(order) == 1:
                Lab.until(inbox.others_wait, "the second question is read")
                inbox.put_back(question)
            if len(order) == 3:
                break
        sent.close()  # its thread reads to the end
    assert order == [1, 2, 1]


def test_frames_are_sent_at_most_every_80_ms() -> None:
    times = iter([0.0, 0.05, 0.079, 0.1, 0.17, 0.2])
    pace = Pace(lambda: next(times))
    assert [pace.is_due() for _ in range(6)] == [True, False, False, True, False, True]
