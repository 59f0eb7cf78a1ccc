"""Beam search within the nucleus of each hypothesis (`beam` with p=0.9)."""

from __future__ import annotations

from dataclasses import replace

from rnnlab.base.checked import Field
from rnnlab.decoding._beam_options import BeamOptions
from rnnlab.decoding.beam import DECODER as BEAM


class NucleusBeamOptions(BeamOptions):
    """The options of `beam`, with the filter `p` on by default."""

    p: float = Field(0.9, gt=0, le=1)
    """Extend by the fewest tokens whose probability reaches p."""


DECODER = replace(BEAM, options=NucleusBeamOptions, source="the course")
