"""Sample among tokens that are not far less probable than the best one (`sample` with a filter)."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from rnnlab.decoding.sample import DECODER as SAMPLE
from rnnlab.decoding.sample import SampleOptions


class MinPOptions(SampleOptions):
    """The bar is on by default."""

    min_p: float = Field(0.05, ge=0, le=1)
    """Keep tokens at least so many times as probable as the best one."""


DECODER = replace(SAMPLE, options=MinPOptions, source="Nguyen et al. (2024)")
