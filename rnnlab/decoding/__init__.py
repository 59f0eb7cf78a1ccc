"""Decoders: pure searches over `step(state, tokens) -> (log_probs, state)`; they know no model.

One file a decoder, one file a filter. Specs, options and chains are read without torch.
"""

from rnnlab.decoding._base import Decoder, Frame, Hypothesis, Options, Start, Step
from rnnlab.decoding._spec import Spec, option_names, parse_spec

__all__ = [
    "Decoder",
    "Frame",
    "Hypothesis",
    "Options",
    "Spec",
    "Start",
    "Step",
    "option_names",
    "parse_spec",
]
