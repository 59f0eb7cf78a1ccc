"""The position of a run after it has saved or rolled back."""

from __future__ import annotations

from enum import Enum


class Position(Enum):
    """The position of a run after it has saved or rolled back."""

    KEPT = "at the same step"
    REWOUND = "at an earlier checkpoint, with that checkpoint's state"
