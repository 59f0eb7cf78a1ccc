"""Insight: what goes on in a net, and why one learns where another does not.

Numbers only: what they look like is the affair of `rnnlab.plots`.
"""

from rnnlab.insight._probe import Look, look
from rnnlab.insight._sample import draw_sample
from rnnlab.insight._through_time import (
    Sample,
    ThroughTime,
    gradient_through_time,
    half_life,
    trace_sample,
)
from rnnlab.insight._trace import LayerTrace, trace_layers

__all__ = [
    "LayerTrace",
    "Look",
    "Sample",
    "ThroughTime",
    "draw_sample",
    "gradient_through_time",
    "half_life",
    "look",
    "trace_layers",
    "trace_sample",
]
