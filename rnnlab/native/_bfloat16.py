"""Whether the kernels multiply in bfloat16 on this processor."""

from __future__ import annotations

import os

from rnnlab.base.errors import BadInputError
from rnnlab.native._build import load_library


def why_no_bfloat16(*, may_emulate: bool = False) -> str:
    """Return why the kernels cannot multiply in bfloat16; empty if they can.

    RNNLAB_BFLOAT16=0 disables it. may_emulate: accept RNNLAB_BFLOAT16=emulated, with which tests
    compute the same sums without the instructions, more slowly than in float32.
    """
    library, report = load_library()
    if library is None:
        return f"native kernels not available: {report}"
    chosen = os.environ.get("RNNLAB_BFLOAT16")
    if chosen == "0":
        return "disabled by RNNLAB_BFLOAT16=0"
    if may_emulate and chosen == "emulated":
        return ""
    return "" if library.rnnlab_has_bfloat16() else "this processor has no AVX512-BF16 instructions"


def check_bfloat16() -> None:
    """Raise BadInputError if the engine "native" cannot compute in bfloat16."""
    if reason := why_no_bfloat16(may_emulate=True):
        raise BadInputError(
            f"the native engine cannot compute in bfloat16: {reason}",
            "use --engine auto or --dtype float32",
        )
