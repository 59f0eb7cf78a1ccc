"""Sample from tokens almost as probable as the most probable one (`sample` with a filter)."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base.checked import Field
from rnnlab.decoding.sample import DECODER as SAMPLE
from rnnlab.decoding.sample import SampleOptions


class MinPOptions(SampleOptions):
    """The options of `sample`, with the filter `min_p` on by default."""

    min_p: float = Field(0.05, ge=0, le=1)
    """Drop tokens less probable than min_p times the most probable one."""


DECODER = replace(SAMPLE, options=MinPOptions, source="Nguyen et al. (2024)")
