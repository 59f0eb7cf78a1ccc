"""What was asked last and what came of it, kept across starts.

A line of JSON each, as the app and the generator tell each other. It is text that a model wrote,
from a file that anyone may have changed: what is missing, broken or of another version says
nothing, and one that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.base.json_types import misfit
from rnnlab.protocol.codec import decode_reply, decode_request, encode_reply, encode_request
from rnnlab.protocol.messages import (
    Answer,
    Ended,
    Generate,
    Progress,
    Reply,
    Started,
    Trace,
)

if TYPE_CHECKING:
    from rnnlab.decoding import Spec
    from rnnlab.tui.prompting.session import PromptSession

MOST_BYTES = 1 << 22
"""Of a file at most; the steps of a search are cut first, a wide beam over a long text makes more.
"""


@dataclass(frozen=True)
class SavedSession:
    """A request, its decoders, and the replies that tell how it ended."""

    request: Generate
    specs: Sequence[Spec]
    replies: Sequence[Reply]


def save(writing: PromptSession, file: Path | None, most_bytes: int = MOST_BYTES) -> None:
    """Keep what was asked since the start and what came of it, if anything did.

    What went wrong is not kept, nor what is longer than `most_bytes`.
    """
    is_new = writing.answers and not writing.problem and not writing.is_recalled
    if file is None or writing.request is None or writing.step is None or not is_new:
        return
    text = "".join(_lines(writing, writing.request, writing.step, most_bytes // 2))
    with contextlib.suppress(OSError, ValueError, TypeError):
        if len(text) <= most_bytes:
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_text(file, text, is_private=True)


def read(file: Path | None) -> SavedSession | None:
    """Return what was kept; None where there is nothing that can be read whole.

    Parses decoders, which takes a tenth of a second the first time.
    """
    if file is None:
        return None
    try:
        first, *others = file.read_bytes().splitlines()
        from rnnlab.decoding import parse_spec  # only now: a lab without last answers has no need

        request = decode_request(json.loads(first))
        if not isinstance(request, Generate):
            return None
        specs = [parse_spec(text) for text in request.decoders]
        replies = [decode_reply(line) for line in others]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, RnnlabError):
        return None
    found = [reply for reply in replies if isinstance(reply, Started | Progress | Trace | Ended)]
    is_whole = len(found) == len(others) >= 2 and isinstance(found[-1], Ended)
    fits = all(getattr(reply, "decoder", 0) in range(max(1, len(specs))) for reply in found)
    steps = [step for reply in found if isinstance(reply, Trace) for step in reply.steps]
    answers = [answer for reply in found if isinstance(reply, Progress) for answer in reply.answers]
    is_ours = is_whole and fits and isinstance(found[0], Started)
    can_be_shown = all(map(_is_step, steps)) and all(map(_is_answer, answers))
    return SavedSession(request, specs, found) if is_ours and can_be_shown else None


def _is_answer(answer: Answer) -> bool:
    """Tell whether every token has a log-prob, and figures are such."""
    figures = [answer.logprob, *answer.token_logprobs]
    is_one_each = len(answer.tokens) == len(answer.token_logprobs)
    return is_one_each and math.isfinite(answer.score) and all(map(_is_logprob, figures))


def _is_logprob(value: float) -> bool:
    return math.isfinite(value) and value <= 1e-3  # a sum of rounded ones may lie above 0


def _is_step(values: Mapping[str, Any]) -> bool:
    """Tell whether a step of a search can be read and drawn."""
    from rnnlab.decoding import read_step

    try:
        step = read_step(values)
    except (TypeError, KeyError, AttributeError):
        return False
    parts = [step, *step.hypotheses, *step.answers]
    figures = [f for made in step.hypotheses for f in (made.token_logprob, made.logprob)]
    return (
        not any(misfit(type(part), vars(part)) for part in parts)
        and all(made.parent < made.id for made in step.hypotheses)  # a path that ends
        and all(map(_is_logprob, figures))
    )


def _lines(writing: PromptSession, request: Generate, step: int, room: int) -> Iterator[str]:
    """Give the request and the fewest replies that tell the same; a search beyond `room` is cut."""
    yield encode_request(request)
    yield encode_reply(Started(0, step))
    for traced in writing.traced:
        line = encode_reply(traced)
        room -= len(line)
        if room < 0:
            yield encode_reply(replace(traced, steps=[], is_cut=True))
            break
        yield line
    for number, answers in writing.answers.items():
        yield encode_reply(Progress(0, number, answers, is_last=True))
    was_cancelled = writing.is_cancelled or not writing.is_over
    yield encode_reply(Ended(0, was_cancelled=was_cancelled, elapsed_s=writing.elapsed_s))
