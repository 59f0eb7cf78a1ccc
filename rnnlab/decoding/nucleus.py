"""Sample from the smallest set of tokens whose probability reaches p (`sample` with a filter)."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base.checked import Field
from rnnlab.decoding.sample import DECODER as SAMPLE
from rnnlab.decoding.sample import SampleOptions


class NucleusOptions(SampleOptions):
    """The options of `sample`, with the filter `p` on by default."""

    p: float = Field(0.9, gt=0, le=1)
    """Keep the fewest tokens whose total probability reaches p."""


DECODER = replace(SAMPLE, options=NucleusOptions, source="Holtzman et al. (2020)")
