"""Says what a model expects at every place of a text: raw, and as a decoder's filters leave it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from rnnlab.decoding import parse_spec
from rnnlab.protocol.messages import Distributions, DistributionsFound, Started
from rnnlab.worker import AnswerContext

if TYPE_CHECKING:
    from rnnlab.models import Unknown


def answer(look: Distributions, desk: AnswerContext) -> None:
    """Answer at once: every place is looked at in one go."""
    from rnnlab.models import look_at

    spec = parse_spec(look.decoder)
    loaded = desk.model(look.ask, look.run, look.checkpoint)
    desk.say(Started(look.ask, loaded.step))
    found = look_at(
        loaded, look.prompt, look.tokens, spec, look.num_shown, cast("Unknown", look.unknown)
    )
    desk.say(
        DistributionsFound(
            look.ask,
            loaded.step,
            found.tokens,
            found.num_prompt,
            found.first_place,
            [asdict(row) for row in found.rows],
            found.chain,
            found.prompt_note,
        )
    )
