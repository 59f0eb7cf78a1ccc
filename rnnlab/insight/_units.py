"""Hidden units: their names, and their activations along a text.

Shapes: T tokens, H hidden units.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Ids
from rnnlab.insight._trace import layer_names, trace_layers
from rnnlab.models import TextModel

_UNIT = re.compile(r"(?:(l\d+(?:_reverse)?)\.)?(\d+)")


class Unit(NamedTuple):
    """One hidden unit."""

    layer: str
    """`l0`, or `l0_reverse` for the reverse direction."""
    number: int

    @property
    def name(self) -> str:
        """The unit as `l0.17`."""
        return f"{self.layer}.{self.number}"


def parse_unit(text: str, model: TextModel) -> Unit:
    """Return the unit for `l0.17`, or for `17` in the top layer.

    Raises BadInputError if the model has no such unit.
    """
    layers = layer_names(model.rnn)
    match = _UNIT.fullmatch(text.strip())
    if match is None:
        raise BadInputError(
            f"{text!r} is not a unit", "use the form l0.17, or 17 for the top layer"
        )
    top = [name for name in layers if "_" not in name][-1]
    unit = Unit(match[1] or top, int(match[2]))
    if unit.layer not in layers or unit.number >= model.rnn.hidden_size:
        raise BadInputError(
            f"there is no unit {unit.name}",
            f"choose layer {' or '.join(layers)} and unit 0 to {model.rnn.hidden_size - 1}",
        )
    return unit


@torch.no_grad()
def activations(model: TextModel, ids_T: Ids) -> dict[str, Tensor]:
    """Return the h [T, H] of every layer after each token of a text, read from the start state.

    Row t belongs to token t, in the reverse direction too.
    """
    x_1TE = model.embed(torch.from_numpy(ids_T)[None].to(model.device))
    traces = trace_layers(model.rnn, x_1TE, model.start_state(1))
    return {
        trace.name: (trace.outputs.flip(1) if "_reverse" in trace.name else trace.outputs)[0]
        for trace in traces
    }
