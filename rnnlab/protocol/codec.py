"""The JSON lines on the generator's two pipes: one message per line, with its type in `kind`.

A line of standard input is a question, `{"cancel": ask}`, where `ask` is the question's number, or
`{"ping": n}`; a line of standard output is a reply. A thread answers a ping at once, also during a
long answer: a process that does not is stopped or hangs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from rnnlab.base.json_types import misfit
from rnnlab.base.parsing import parse_json
from rnnlab.protocol.messages import (
    MAX_SEED,
    Answer,
    Distributions,
    Expand,
    Generate,
    Progress,
    Question,
    Reply,
)

_QUESTIONS: dict[str, type[Question]] = {kind.kind: kind for kind in get_args(Question)}
_REPLIES: dict[str, type[Reply]] = {reply.kind: reply for reply in get_args(Reply)}


def encode_reply(reply: Reply) -> str:
    """Return a reply as one JSON line."""
    # `asdict` would copy every token of a distribution, which takes longer than its computation.
    values = {"kind": reply.kind, **vars(reply)}
    return json.dumps(values, ensure_ascii=True, default=vars) + "\n"


def decode_reply(line: str | bytes) -> Reply | None:
    """Return the reply in a line; None if the line is not a reply."""
    try:
        values = parse_json(line)
        reply_type = _REPLIES[values.pop("kind")]
        if reply_type is Progress:
            answers = values["answers"]
            if any(misfit(Answer, answer) for answer in answers):
                return None
            values["answers"] = [Answer(**answer) for answer in answers]
        return None if misfit(reply_type, values) else reply_type(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def encode_request(question: Question) -> str:
    """Return a question as one JSON line."""
    return json.dumps({"kind": question.kind, **asdict(question)}, ensure_ascii=True) + "\n"


def encode_cancel(ask: int) -> str:
    """Return the line that cancels the question with the number `ask`."""
    return json.dumps({"cancel": ask}) + "\n"


def encode_ping(number: int) -> str:
    """Return the line that asks for a sign of life; the process answers with an `Alive`."""
    return json.dumps({"ping": number}) + "\n"


def decode_request(values: Mapping[str, Any]) -> Question:
    """Return the question in a parsed line; raise TypeError or ValueError if it is not valid."""
    fields = dict(values)
    kind = fields.pop("kind", Generate.kind)
    if kind not in _QUESTIONS:
        raise ValueError(f"{kind!r} is not a kind of question")
    question = _QUESTIONS[kind](**fields)
    if name := misfit(type(question), fields):
        raise TypeError(f"the value of {name!r} has the wrong type")
    match question:
        case Generate():
            num = 1 if question.num is None else question.num
            if question.length < 1 or num < 1 or not 0 <= question.seed <= MAX_SEED:
                raise ValueError("length, num or seed is out of range")
        case Distributions():
            if question.num_shown < 1:
                raise ValueError("num_shown is out of range")
        case Expand():
            if question.num_shown < 1 or question.num_children < 0 or question.num_ahead < 0:
                raise ValueError("num_shown, num_children or num_ahead is out of range")
    return question
