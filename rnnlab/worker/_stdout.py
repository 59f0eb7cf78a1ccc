"""Standard output kept for replies alone, whatever a library prints."""

from __future__ import annotations

import os
from typing import TextIO


def replies_alone() -> TextIO:
    """Return the real standard output; what is printed from now on goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies
