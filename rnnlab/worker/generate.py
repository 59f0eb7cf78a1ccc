"""`python -m rnnlab.worker.generate`: answers questions until standard input ends.

Questions and replies are JSON lines. A question is answered by the file of `worker/answers` that is
named after its kind. Questions are answered one after another; the answer to a cancelled question
ends at its next step. Standard output contains only replies.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from rnnlab.base import registry
from rnnlab.base.errors import NoCheckpointError, RnnlabError, one_line
from rnnlab.base.failures import cause_of
from rnnlab.base.parsing import parse_json
from rnnlab.corpora import UnknownTokensError
from rnnlab.native import set_num_threads
from rnnlab.protocol.codec import decode_request, encode_reply
from rnnlab.protocol.messages import (
    Alive,
    Ended,
    Failed,
    Generate,
    Question,
    Ready,
    Reply,
)
from rnnlab.runs.checkpoint import NotYetError
from rnnlab.worker._context import AnswerContext, ModelCache
from rnnlab.worker._stdout import replies_alone

_TURN_S = 0.05
"""Seconds to sleep after putting back a question, because its run has no weights yet."""


class Inbox:
    """Questions from standard input; a thread reads them, so a cancel takes effect at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: queue.Queue[Question | None] = queue.Queue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def __iter__(self) -> Iterator[Question]:
        """Yield questions until the input ends."""
        while (question := self._waiting.get()) is not None:
            yield question

    def others_wait(self) -> bool:
        """Return whether another question is waiting."""
        return not self._waiting.empty()

    def put_back(self, question: Question) -> None:
        """Put a question at the end of the queue."""
        self._waiting.put(question)

    def is_cancelled(self, ask: int) -> bool:
        """Return whether a question has been cancelled."""
        return ask in self._cancelled

    def _read(self) -> None:
        try:
            with contextlib.suppress(BrokenPipeError):  # nobody reads the replies any more
                self._read_lines()
        finally:
            self._waiting.put(None)

    def _read_lines(self) -> None:
        for line in self._stream:
            try:
                values = parse_json(line)
                if "ping" in values:
                    send(Alive(int(values["ping"])))
                elif "cancel" in values:
                    self._cancelled.add(int(values["cancel"]))
                else:
                    self._waiting.put(decode_request(values))
            except (ValueError, TypeError, OverflowError) as error:
                send(Failed(-1, one_line(f"not a valid request: {error}")))


def answer(question: Question, context: AnswerContext) -> None:
    """Answer one question, unless it was cancelled before its turn, and send `Ended`.

    Raises NotYetError if the run has no weights yet and other questions are waiting.
    """
    started = time.monotonic()
    try:
        if not context.is_cancelled(question.ask):
            registry.load("worker/answers", question.kind).answer(question, context)
    except NotYetError:
        raise
    except Exception as error:  # an error in one answer must not end the process
        if not context.is_cancelled(question.ask):
            context.send(_failed(question, error))
    was_cancelled = context.is_cancelled(question.ask)
    context.send(Ended(question.ask, was_cancelled, time.monotonic() - started))


def _failed(question: Question, error: Exception) -> Failed:
    if isinstance(error, UnknownTokensError) and isinstance(question, Generate):
        return Failed(question.ask, error.what, can_be_nearest=True)  # the screens have the remedy
    if isinstance(error, RnnlabError):
        return Failed(
            question.ask,
            str(error),
            is_checkpoint_missing=isinstance(error, NoCheckpointError),
        )
    cause = cause_of(error, is_training=False)
    return Failed(question.ask, str(cause or one_line(f"{type(error).__name__}: {error}")))


def send(reply: Reply) -> None:
    """Write one reply to standard output."""
    with _writing:
        _replies.write(encode_reply(reply))
        _replies.flush()


_replies: TextIO = sys.stdout
_writing = threading.Lock()
"""Held while a reply is written, because two threads write replies."""


def main() -> int:
    """Answer questions until standard input ends."""
    global _replies  # noqa: PLW0603
    _replies = replies_alone()
    inbox = Inbox(os.fdopen(0, encoding="utf-8", errors="replace", closefd=False))
    # One thread for our kernels, and for torch if a question needs it: trainings need the cores.
    set_num_threads(1)
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    send(Ready())
    # While the user writes the first prompt:
    from rnnlab.inference import continue_prefilled, load_model  # noqa: F401

    context = AnswerContext(ModelCache(), send, inbox.is_cancelled, inbox.others_wait)
    try:
        for question in inbox:
            try:
                answer(question, context)
            except NotYetError:
                inbox.put_back(question)
                time.sleep(_TURN_S)
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
