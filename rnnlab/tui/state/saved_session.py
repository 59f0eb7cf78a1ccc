"""The last request and its answers, saved for the next start.

One JSON line each, in the format of the messages to and from the generator process. The file is
not trusted: anyone may have edited it, and a model wrote its texts. A file that is missing, broken
or of another version is ignored, and so is an error while writing.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.base.json_types import misfit
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import read_bytes
from rnnlab.protocol.codec import decode_reply, decode_request, encode_reply, encode_request
from rnnlab.protocol.messages import (
    Answer,
    Ended,
    Generate,
    Progress,
    Started,
    Trace,
)
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession, SavedSession

MOST_BYTES = 1 << 22
"""Maximum size of the file in bytes; a longer trace (wide beam, long text) is truncated."""


def save(session: PromptSession, file: Path | None, most_bytes: int = MOST_BYTES) -> None:
    """Write the session's request and answers to `file`.

    Write nothing if the request has no answers, has failed or was itself read from the file, or if
    the text is longer than `most_bytes`.
    """
    is_new = session.answers and not session.problem and not session.is_recalled
    if file is None or session.request is None or session.step is None or not is_new:
        return
    text = "".join(_lines(session, session.request, session.step, most_bytes // 2))
    with contextlib.suppress(OSError, ValueError, TypeError):
        if len(text) <= most_bytes:
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_text(file, text, durable=True, is_private=True)


def read(file: Path | None) -> SavedSession | None:
    """Return the saved session; None if the file is missing or not valid in every line."""
    if file is None:
        return None
    try:
        first, *others = read_bytes(file, MOST_BYTES).splitlines()
        from rnnlab.decoding import parse_spec  # importing takes 0.1 s

        asked = decode_request(parse_json(first))
        if not isinstance(asked, Generate):
            return None
        request = PromptRequest(
            asked.run,
            asked.prompt,
            tuple(parse_spec(text) for text in asked.decoders),
            asked.checkpoint,
            asked.length,
            asked.seed,
            asked.unknown,
            asked.has_trace,
        )
        replies = [decode_reply(line) for line in others]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RnnlabError):
        return None
    known = [reply for reply in replies if isinstance(reply, Started | Progress | Trace | Ended)]
    is_whole = len(known) == len(others) >= 2 and isinstance(known[-1], Ended)
    num_decoders = max(1, len(request.specs))
    fits = all(getattr(reply, "decoder", 0) in range(num_decoders) for reply in known)
    steps = [step for reply in known if isinstance(reply, Trace) for step in reply.steps]
    answers = [answer for reply in known if isinstance(reply, Progress) for answer in reply.answers]
    is_valid = is_whole and fits and isinstance(known[0], Started)
    can_be_shown = all(map(_is_step, steps)) and all(map(_is_answer, answers))
    return SavedSession(request, known) if is_valid and can_be_shown else None


def _is_answer(answer: Answer) -> bool:
    """Return whether every token has a log-prob and all figures are valid."""
    figures = [answer.logprob, *answer.token_logprobs]
    is_one_each = len(answer.tokens) == len(answer.token_logprobs)
    return is_one_each and math.isfinite(answer.score) and all(map(_is_logprob, figures))


def _is_logprob(value: float) -> bool:
    return math.isfinite(value) and value <= 1e-3  # a rounded sum may exceed 0 slightly


def _is_step(values: Mapping[str, Any]) -> bool:
    """Return whether a step of a search can be read and drawn."""
    from rnnlab.decoding import read_step

    try:
        step = read_step(values)
    except (TypeError, KeyError, AttributeError):
        return False
    parts = [step, *step.hypotheses, *step.answers]
    figures = [f for h in step.hypotheses for f in (h.token_logprob, h.logprob)]
    return (
        not any(misfit(type(part), vars(part)) for part in parts)
        and all(h.parent < h.id for h in step.hypotheses)  # else the parents could form a cycle
        and all(map(_is_logprob, figures))
    )


def _lines(session: PromptSession, request: PromptRequest, step: int, room: int) -> Iterator[str]:
    """Yield the lines of the request and of the fewest replies that restore its answers.

    A trace of more than `room` bytes is truncated.
    """
    # Store the run's name, not its path: the folder of runs may be moved between two starts.
    yield encode_request(request.question(request.run))
    yield encode_reply(Started(0, step))
    for traced in session.traced:
        line = encode_reply(traced)
        room -= len(line)
        if room < 0:
            yield encode_reply(replace(traced, steps=[], is_cut=True))
            break
        yield line
    for number, answers in session.answers.items():
        yield encode_reply(Progress(0, number, answers, is_last=True))
    was_cancelled = session.is_cancelled or not session.is_over
    yield encode_reply(Ended(0, was_cancelled=was_cancelled, elapsed_s=session.elapsed_s))
