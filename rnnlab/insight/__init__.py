"""Insight: what goes on in a net, and why one learns where another does not.

One file a view, with `view(subject, wishes)` that gives a `Finding`: figures, sentences made from
them, and pictures as data, which `rnnlab.plots` draws.
"""

from rnnlab.insight._inspect import COMPARING, inspect
from rnnlab.insight._probe import ProbeResult, look
from rnnlab.insight._sample import LENGTH, ROWS, draw_sample
from rnnlab.insight._subject import InspectedModel, Wishes
from rnnlab.insight._through_time import (
    Sample,
    ThroughTime,
    gradient_through_time,
    half_life,
    trace_sample,
)
from rnnlab.insight._trace import LayerTrace, trace_layers
from rnnlab.insight._vanishing import Member, vanishing

__all__ = [
    "COMPARING",
    "LENGTH",
    "ROWS",
    "InspectedModel",
    "LayerTrace",
    "Member",
    "ProbeResult",
    "Sample",
    "ThroughTime",
    "Wishes",
    "draw_sample",
    "gradient_through_time",
    "half_life",
    "inspect",
    "look",
    "trace_layers",
    "trace_sample",
    "vanishing",
]
