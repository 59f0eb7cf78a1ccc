"""Send the distributions after a text and after its likely continuations, in one reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rnnlab.decoding import parse_spec, row_values
from rnnlab.protocol.messages import Expand, Expanded, Started
from rnnlab.worker import AnswerContext

if TYPE_CHECKING:
    from rnnlab.inference import Expander, Unknown

_last: list[Expander] = []
"""The expander of the last model (at most one): it keeps the states of the last texts."""


def answer(question: Expand, context: AnswerContext) -> None:
    """Send the distributions of the text and of its branches."""
    from rnnlab.inference import Expander

    spec = parse_spec(question.decoder)
    loaded = context.model(question.ask, question.run, question.checkpoint)
    if not _last or _last[0].loaded is not loaded:
        _last[:] = [Expander(loaded)]
    context.send(Started(question.ask, loaded.step))
    branches, rows = _last[0].expand(
        question.prompt,
        question.tokens,
        question.ahead,
        spec,
        num_children=question.num_children,
        num_ahead=question.num_ahead,
        num_shown=question.num_shown,
        unknown=cast("Unknown", question.unknown),
    )
    context.send(Expanded(question.ask, loaded.step, branches, [row_values(row) for row in rows]))
