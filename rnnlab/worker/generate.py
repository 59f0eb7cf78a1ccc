"""`python -m rnnlab.worker.generate`: answers questions, JSON lines in and out, until input ends.

What a question asks for is done by the file of `worker/answers` that its kind names. A newer one
waits; a cancelled one ends at its next step. Nothing but replies is written to standard output.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from rnnlab.base import registry
from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.corpora import UnknownTokensError
from rnnlab.protocol.codec import decode_request, encode_reply
from rnnlab.protocol.messages import (
    Ended,
    Failed,
    Question,
    Ready,
    Reply,
)
from rnnlab.worker._context import AnswerContext, ModelCache, NotYetError
from rnnlab.worker._stdout import replies_alone

_TURN_S = 0.05
"""Before the next question where several wait for weights that are still to come."""


class Inbox:
    """Questions from standard input, read by a thread so that a cancel is seen at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: queue.Queue[Question | None] = queue.Queue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def __iter__(self) -> Iterator[Question]:
        """Give questions until the input ends."""
        while (question := self._waiting.get()) is not None:
            yield question

    def others_wait(self) -> bool:
        """Tell whether there is a question beside the one that is being answered."""
        return not self._waiting.empty()

    def put_back(self, question: Question) -> None:
        """Let the others go first."""
        self._waiting.put(question)

    def is_cancelled(self, ask: int) -> bool:
        """Tell whether the one who asked has lost interest."""
        return ask in self._cancelled

    def _read(self) -> None:
        for line in self._stream:
            try:
                values = json.loads(line)
                if "cancel" in values:
                    self._cancelled.add(int(values["cancel"]))
                else:
                    self._waiting.put(decode_request(values))
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                say(Failed(-1, one_line(f"no request: {error}")))
        self._waiting.put(None)


def answer(question: Question, desk: AnswerContext) -> None:
    """Answer one question, unless it was cancelled while it waited.

    Raises NotYetError when others should go first.
    """
    started = time.monotonic()
    try:
        if not desk.is_cancelled(question.ask):
            registry.load("worker/answers", question.kind).answer(question, desk)
    except NotYetError:
        raise
    except Exception as error:  # whatever is wrong with one ask, the next one is answered
        if not desk.is_cancelled(question.ask):  # else nobody waits for what has not come of it
            desk.say(_failed(question, error))
    was_cancelled = desk.is_cancelled(question.ask)
    desk.say(Ended(question.ask, was_cancelled, time.monotonic() - started))


def _failed(question: Question, error: Exception) -> Failed:
    if isinstance(error, RnnlabError):
        return Failed(question.ask, str(error), isinstance(error, UnknownTokensError))
    return Failed(question.ask, one_line(f"{type(error).__name__}: {error}"))


def say(reply: Reply) -> None:
    """Write one reply."""
    with _saying:
        _replies.write(encode_reply(reply))
        _replies.flush()


_replies: TextIO = sys.stdout
_saying = threading.Lock()
"""Two threads speak: whoever reads must never find one's line within the other's."""


def main() -> int:
    """Answer questions until standard input ends."""
    global _replies  # noqa: PLW0603
    _replies = replies_alone()
    inbox = Inbox(os.fdopen(0, encoding="utf-8", errors="replace", closefd=False))
    import torch

    torch.set_num_threads(1)
    say(Ready())
    desk = AnswerContext(ModelCache(), say, inbox.is_cancelled, inbox.others_wait)
    try:
        for question in inbox:
            try:
                answer(question, desk)
            except NotYetError:
                inbox.put_back(question)
                time.sleep(_TURN_S)
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
