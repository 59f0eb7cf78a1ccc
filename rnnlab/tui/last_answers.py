"""What was asked last and what came of it, kept across starts.

A line of JSON each, as the app and the generator tell each other. It is text that a model wrote,
from a file that anyone may have changed: what is missing, broken or of another version says
nothing, and one that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.errors import RnnlabError
from rnnlab.runs.paths import replace_text
from rnnlab.runs.prompts import (
    Begun,
    Ended,
    Grown,
    Reply,
    Request,
    Traced,
    decode_reply,
    decode_request,
    encode_reply,
    encode_request,
)
from rnnlab.runs.typed import misfit

if TYPE_CHECKING:
    from rnnlab.decoding import Spec
    from rnnlab.tui.writing import Writing

_MOST_TRACE_BYTES = 1 << 21
"""Of a search's steps that are kept; a wide beam over a long text makes more."""


@dataclass(frozen=True)
class LastAnswers:
    """A request, its decoders, and the replies that tell how it ended."""

    request: Request
    specs: Sequence[Spec]
    replies: Sequence[Reply]


def save(writing: Writing, file: Path | None) -> None:
    """Keep what was asked last and what came of it, if anything did and it can be written."""
    if file is None or writing.request is None or writing.step is None or not writing.answers:
        return
    lines = [encode_request(writing.request), *map(encode_reply, _replies(writing))]
    with contextlib.suppress(OSError, ValueError, TypeError):
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, "".join(lines))
        file.chmod(0o600)


def read(file: Path | None) -> LastAnswers | None:
    """Return what was kept; None where there is nothing that can be read whole.

    Parses decoders, which takes a tenth of a second the first time.
    """
    if file is None:
        return None
    from rnnlab.decoding import parse_spec

    try:
        first, *others = file.read_bytes().splitlines()
        request = decode_request(json.loads(first))
        if not isinstance(request, Request):
            return None
        specs = [parse_spec(text) for text in request.decoders]
        replies = [decode_reply(line) for line in others]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, RnnlabError):
        return None
    found = [reply for reply in replies if isinstance(reply, Begun | Grown | Traced | Ended)]
    is_whole = len(found) == len(others) >= 2 and isinstance(found[-1], Ended)
    fits = all(getattr(reply, "decoder", 0) in range(max(1, len(specs))) for reply in found)
    steps = [step for reply in found if isinstance(reply, Traced) for step in reply.steps]
    is_ours = is_whole and fits and isinstance(found[0], Begun) and all(map(_is_step, steps))
    return LastAnswers(request, specs, found) if is_ours else None


def _is_step(values: Mapping[str, Any]) -> bool:
    """Tell whether a step of a search can be read and drawn."""
    from rnnlab.decoding import read_step

    try:
        step = read_step(values)
    except (TypeError, KeyError, AttributeError):
        return False
    parts = [step, *step.hypotheses, *step.answers]
    return not any(misfit(type(part), vars(part)) for part in parts)


def _replies(writing: Writing) -> Iterator[Reply]:
    """Give the fewest replies that tell the same; a search too long to keep is cut."""
    assert writing.step is not None
    yield Begun(0, writing.step)
    for number, answers in writing.answers.items():
        yield Grown(0, number, answers, is_last=True)
    room = _MOST_TRACE_BYTES
    for traced in writing.traced:
        room -= len(encode_reply(traced))
        yield traced if room > 0 else replace(traced, steps=[], is_cut=True)
        if room <= 0:
            break
    yield Ended(0, was_cancelled=not writing.is_over, elapsed_s=writing.elapsed_s)
