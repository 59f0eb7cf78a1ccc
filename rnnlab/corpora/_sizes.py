"""How much of a text on disk is held in memory at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Limits of memory and disk for texts on disk; no result depends on them."""

    long_bytes: int = 32 << 20
    """Size of a file from which on its text is not read at once."""
    block_chars: int = 1 << 21
    """Characters that are decoded at once."""
    block_bytes: int = 1 << 22
    """Bytes that are hashed at once."""
    most_chars: int = 1 << 23
    """Characters without a space or a line end that are waited for."""
    widened_at_once: int = 1 << 22
    """Bytes of token numbers that are copied at once when a wider number is needed."""
    counted_at_once: int = 1 << 22
    """Tokens that are counted at once: numpy needs eight bytes for each meanwhile."""
    most_kept: int = 8
    """Ways of reading the same text that are kept on disk, the newest ones."""


SIZES = Sizes()
