"""Reserve standard output for replies: what libraries print goes to standard error."""

from __future__ import annotations

import os
from typing import TextIO


def replies_alone() -> TextIO:
    """Return the real standard output; from now on, all other output goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies
