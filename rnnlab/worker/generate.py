"""`python -m rnnlab.worker.generate`: answers prompts, JSON lines in and out, until its input ends.

Several decoders of a request grow side by side, a step of each in turn. A newer request waits; a
cancelled one ends at its next step. Nothing but replies is written to standard output.
"""

from __future__ import annotations

import json
import math
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

from rnnlab.corpora import UnknownTokensError
from rnnlab.decoding import Spec, parse_spec
from rnnlab.errors import RnnlabError, one_line
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.prompts import (
    Answer,
    Begun,
    Ended,
    Failed,
    Grown,
    Ready,
    Reply,
    Request,
    decode_request,
    encode_reply,
)

if TYPE_CHECKING:
    from rnnlab.models import Growth, LoadedModel, Unknown

FRAME_S = 0.08
"""Time between two frames of a decoder at least: faster than the eye reads, slow enough for SSH."""


class Inbox:
    """Requests from standard input, read by a thread so that a cancel is seen at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: queue.Queue[Request | None] = queue.Queue()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def __iter__(self) -> Iterator[Request]:
        """Give requests until the input ends."""
        while (request := self._waiting.get()) is not None:
            yield request

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


class Models:
    """The models used last, by run, checkpoint and birth of its file: names are used again."""

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._loaded: dict[tuple[str, int, int], LoadedModel] = {}

    def get(self, run: str, checkpoint: str) -> LoadedModel:
        """Return a run's model at a checkpoint, from memory while the checkpoint is the same."""
        from rnnlab.models import load_model, parse_checkpoint

        paths = RunPaths(Path(run))
        which = parse_checkpoint(checkpoint)
        step = which if isinstance(which, int) else paths.read_pointer(which)
        key = _key(paths, -1 if step is None else step)
        if key not in self._loaded:
            loaded = load_model(paths, which)
            key = _key(paths, loaded.step)
            while len(self._loaded) >= self._size:
                del self._loaded[next(iter(self._loaded))]
        else:
            loaded = self._loaded.pop(key)
        self._loaded[key] = loaded  # the last one is the one used last
        return loaded


def _key(paths: RunPaths, step: int) -> tuple[str, int, int]:
    try:
        born = paths.weights(step).stat().st_mtime_ns
    except OSError:
        born = 0
    return str(paths.root), step, born


class _Column(NamedTuple):
    """One decoder of a request at work."""

    number: int
    growths: Iterator[Growth]


def answer(request: Request, inbox: Inbox, models: Models) -> None:
    """Answer one request, frame by frame."""
    from rnnlab.models import Classifier, continue_texts

    started = time.monotonic()
    try:
        specs: list[Spec] = [parse_spec(text) for text in request.decoders]
        loaded = models.get(request.run, request.checkpoint)
        if isinstance(loaded.model, Classifier):
            say(Begun(request.ask, loaded.step))
            say(Grown(request.ask, 0, [_verdict(loaded, request.prompt)], is_last=True))
            return
        columns = [
            _Column(
                number,
                continue_texts(
                    loaded,
                    [request.prompt],
                    spec,
                    request.length,
                    request.num,
                    request.seed,
                    cast("Unknown", request.unknown),
                ),
            )
            for number, spec in enumerate(specs)
        ]
        say(Begun(request.ask, loaded.step))
        shown_at = dict.fromkeys(range(len(columns)), 0.0)
        while columns and not inbox.is_cancelled(request.ask):
            for column in list(columns):
                growth = next(column.growths)
                now = time.monotonic()
                if growth.is_last or now - shown_at[column.number] > FRAME_S:
                    shown_at[column.number] = now
                    say(Grown(request.ask, column.number, growth.answers(), growth.is_last))
                if growth.is_last:
                    columns.remove(column)
    except RnnlabError as error:
        say(Failed(request.ask, str(error), isinstance(error, UnknownTokensError)))
    except Exception as error:  # whatever is wrong with one ask, the next one is answered
        say(Failed(request.ask, one_line(f"{type(error).__name__}: {error}")))
    finally:
        was_cancelled = inbox.is_cancelled(request.ask)
        say(Ended(request.ask, was_cancelled, time.monotonic() - started))


def _verdict(loaded: LoadedModel, text: str) -> Answer:
    """Return what a classifier thinks of a text, in the form of an answer: a token for a class."""
    from rnnlab.models import classify_texts

    [verdict] = classify_texts(loaded, [text])
    ranked = sorted(verdict.probabilities.items(), key=lambda item: -item[1])
    tokens = [f"\n{label}  {probability:.1%}" for label, probability in ranked]
    logprobs = [math.log(max(probability, sys.float_info.min)) for _, probability in ranked]
    return Answer(
        decoder="classify",
        chain=["class of the document"],
        rank=1,
        text=text + "".join(tokens),
        continuation="".join(tokens),
        finished=True,
        logprob=logprobs[0],
        score=logprobs[0],
        tokens=tokens,
        token_logprobs=logprobs,
    )


def say(reply: Reply) -> None:
    """Write one reply."""
    with _saying:
        _replies.write(encode_reply(reply))
        _replies.flush()


_replies: TextIO = sys.stdout
_saying = threading.Lock()
"""Two threads speak: whoever reads must never find one's line within the other's."""


def main() -> int:
    """Answer requests until standard input ends."""
    global _replies  # noqa: PLW0603
    # Replies keep the real standard output; whatever a library prints goes to standard error.
    _replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    inbox = Inbox(os.fdopen(0, encoding="utf-8", errors="replace", closefd=False))
    import torch

    torch.set_num_threads(1)
    say(Ready())
    models = Models()
    try:
        for request in inbox:
            answer(request, inbox, models)
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
