"""Send the model's distribution at every place of a text, before and after a decoder's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rnnlab.decoding import parse_spec, row_values
from rnnlab.protocol.messages import Distributions, DistributionsFound, Started
from rnnlab.worker import AnswerContext

if TYPE_CHECKING:
    from rnnlab.inference import Unknown


def answer(question: Distributions, context: AnswerContext) -> None:
    """Send the distributions of all places in one reply."""
    from rnnlab.inference import distributions_of

    spec = parse_spec(question.decoder)
    loaded = context.model(question.ask, question.run, question.checkpoint)
    context.send(Started(question.ask, loaded.step))
    text = distributions_of(
        loaded,
        question.prompt,
        question.tokens,
        spec,
        question.num_shown,
        cast("Unknown", question.unknown),
    )
    context.send(
        DistributionsFound(
            question.ask,
            loaded.step,
            text.tokens,
            text.num_prompt,
            text.first_place,
            [row_values(row) for row in text.rows],
            text.chain,
            text.prompt_note,
        )
    )
