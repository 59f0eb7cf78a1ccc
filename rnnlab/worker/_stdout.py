"""Standard output reserved for replies: the prints of libraries go to standard error."""

from __future__ import annotations

import os
from typing import TextIO


def replies_alone() -> TextIO:
    """Return the real standard output, and redirect all later prints to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies
