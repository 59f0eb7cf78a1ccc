"""Kernels of our own in C for the CPU: decoding steps and whole-sequence training.

Compiled once per machine at the first use and cached; nothing here imports torch.
"""

from rnnlab.native._bfloat16 import check_bfloat16, why_no_bfloat16
from rnnlab.native._build import Build, load_library
from rnnlab.native._kernels import (
    CELLS,
    NUM_BLOCKS,
    NUM_GATES,
    SEQUENCE_CELLS,
    Kernels,
    Sequence,
    kernels_of,
    load_kernels,
)
from rnnlab.native._reading import NO_LOGIT, NUM_STATES, Output, PackedHead, PackedLayer, gate_rows
from rnnlab.native._scans import SCAN_CELLS, SCAN_GATES, Scan
from rnnlab.native._threads import num_threads, set_num_threads

__all__ = [
    "CELLS",
    "NO_LOGIT",
    "NUM_BLOCKS",
    "NUM_GATES",
    "NUM_STATES",
    "SCAN_CELLS",
    "SCAN_GATES",
    "SEQUENCE_CELLS",
    "Build",
    "Kernels",
    "Output",
    "PackedHead",
    "PackedLayer",
    "Scan",
    "Sequence",
    "check_bfloat16",
    "gate_rows",
    "kernels_of",
    "load_kernels",
    "load_library",
    "num_threads",
    "report",
    "set_num_threads",
    "why_no_bfloat16",
]


def report() -> str:
    """Return one line about the kernels: compiler and path, or why they are not available."""
    library, reason = load_library()
    return f"native kernels {'' if library else 'not available: '}{reason}"
