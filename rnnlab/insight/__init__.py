"""Insight: analyses of trained models and of the gradients in training.

Every view is one file with a function `view(subject, wishes)`. The function returns a
`Finding`: numbers, sentences computed from the numbers, and pictures as data, which `rnnlab.plots`
draws.
"""

from rnnlab.insight._inspect import COMPARING, inspect
from rnnlab.insight._probe import ProbeResult, probe
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
    "probe",
    "trace_layers",
    "trace_sample",
    "vanishing",
]
