"""What is said between a front end and the generator process: JSON lines on its two pipes.

A request goes in as one line, replies come out as lines until `Ended`; `{"cancel": ask}` ends an
ask early. Also the form of an answer, the same in `rnnlab generate --json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, get_args

from rnnlab.runs._typed import misfit

EOS = "<eos>"
"""How the end of a sentence is written among the tokens of an answer."""

DEFAULT_LENGTH = 120
"""Letters written where nobody says how many."""
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Answer:
    """One continuation of a prompt."""

    decoder: str
    """The spec as it was given."""
    chain: list[str]
    """What really happened to the model's distribution, in order."""
    rank: int
    """1 for the best of its decoder."""
    text: str
    """Prompt and continuation."""
    continuation: str
    finished: bool
    """Whether the model ended the sentence itself."""
    logprob: float
    """The model's own log-prob of the continuation in nats, its end included when finished."""
    score: float
    """What the search ranked by."""
    tokens: list[str]
    token_logprobs: list[float]
    """The model's own log-prob of each token in nats, before filters."""
    prompt: str = ""
    """The prompt as it was read."""
    prompt_number: int = 0
    """Number of the prompt, from 0, where several were asked."""
    end: str | None = None
    """Why the text ends: `eos` (finished), `stop` string, `length`, `time`, or `stuck` where the
    filters left nothing; None while it grows."""
    parts_at: int | None = None
    """Place of the first token in which it leaves the best answer of its decoder; None for that."""
    prompt_note: str = ""
    """What was replaced or left out of the prompt, as one line; empty: nothing."""
    note: str = ""
    """What the search has found out about its answers, as one line."""


@dataclass(frozen=True)
class Request:
    """Continue a text with some decoders."""

    ask: int
    """Number of the request, repeated in every reply."""
    run: str
    """Path of the run directory."""
    prompt: str
    decoders: list[str]
    """Specs; all start from the same seed."""
    checkpoint: str = "last"
    """`last`, `best` or a step."""
    length: int = DEFAULT_LENGTH
    num: int | None = None
    """Samples or best hypotheses wanted of a decoder; None: one sample, the whole beam."""
    seed: int = 1
    unknown: str = "auto"
    """What is done with letters that the model never saw: auto, refuse, drop, nearest or unk."""


@dataclass(frozen=True)
class Ready:
    """The process has loaded what it needs."""

    kind: ClassVar = "ready"


@dataclass(frozen=True)
class Begun:
    """The model is loaded, the prompt read."""

    kind: ClassVar = "begun"
    ask: int
    step: int
    """Step of the checkpoint that answers."""


@dataclass(frozen=True)
class Grown:
    """How far a decoder has come."""

    kind: ClassVar = "grown"
    ask: int
    decoder: int
    """Number of the spec in the request."""
    answers: list[Answer]
    is_last: bool


@dataclass(frozen=True)
class Failed:
    """An ask cannot be answered; nothing more comes for it but Ended."""

    kind: ClassVar = "failed"
    ask: int
    message: str
    can_be_nearest: bool = False
    """Whether the same prompt would do with `unknown` set to nearest."""


@dataclass(frozen=True)
class Ended:
    """Nothing more comes for this ask."""

    kind: ClassVar = "ended"
    ask: int
    was_cancelled: bool
    elapsed_s: float


Reply = Ready | Begun | Grown | Failed | Ended
_REPLIES: dict[str, type[Reply]] = {reply.kind: reply for reply in get_args(Reply)}


def encode_reply(reply: Reply) -> str:
    """Return a reply as one line."""
    return json.dumps({"kind": reply.kind, **asdict(reply)}, ensure_ascii=True) + "\n"


def decode_reply(line: str | bytes) -> Reply | None:
    """Return the reply of a line, or None when it is none."""
    try:
        values = json.loads(line)
        reply_type = _REPLIES[values.pop("kind")]
        if reply_type is Grown:
            values["answers"] = [Answer(**answer) for answer in values["answers"]]
        return reply_type(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def encode_request(request: Request) -> str:
    """Return a request as one line."""
    return json.dumps(asdict(request), ensure_ascii=True) + "\n"


def encode_cancel(ask: int) -> str:
    """Return the line that ends an ask early."""
    return json.dumps({"cancel": ask}) + "\n"


def decode_request(values: Mapping[str, Any]) -> Request:
    """Return the request of a parsed line; raises TypeError or ValueError when it is none."""
    request = Request(**values)
    if name := misfit(Request, values):
        raise TypeError(f"{name!r} is of another type")
    num = 1 if request.num is None else request.num
    if request.length < 1 or num < 1 or not 0 <= request.seed <= MAX_SEED:
        raise ValueError("length, num or seed is out of range")
    return request
