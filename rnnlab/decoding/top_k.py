"""Sample from the k most probable tokens (`sample` with a filter)."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base.checked import Field
from rnnlab.decoding.sample import DECODER as SAMPLE
from rnnlab.decoding.sample import SampleOptions


class TopKOptions(SampleOptions):
    """The options of `sample`, with the filter `top_k` on by default and its key `k`."""

    top_k: int = Field(10, ge=1, alias="k")
    """Keep the k most probable tokens."""


DECODER = replace(SAMPLE, options=TopKOptions, source="Fan et al. (2018)")
