"""Sample from tokens whose surprise is close to the expected surprise (`sample` with a filter)."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base.checked import Field
from rnnlab.decoding.sample import DECODER as SAMPLE
from rnnlab.decoding.sample import SampleOptions


class TypicalOptions(SampleOptions):
    """The options of `sample`, with the filter `typical` on by default."""

    typical: float = Field(0.95, gt=0, le=1)
    """Keep the most typical tokens, up to this total probability."""


DECODER = replace(SAMPLE, options=TypicalOptions, source="Meister et al. (2023)")
