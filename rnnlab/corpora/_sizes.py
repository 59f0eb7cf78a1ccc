"""Limits of memory and disk space for texts on disk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Limits of memory and disk space for texts on disk; no result depends on these limits."""

    long_bytes: int = 32 << 20
    """Size in bytes; a file of at least this size is not read into memory as a whole."""
    block_chars: int = 1 << 21
    """Number of characters to decode at once."""
    block_bytes: int = 1 << 22
    """Number of bytes to hash at once."""
    most_chars: int = 1 << 23
    """Maximum number of characters in a block without a space or a line end."""
    widened_at_once: int = 1 << 22
    """Number of bytes to convert at once when a file of integers needs a wider integer type."""
    counted_at_once: int = 1 << 22
    """Number of tokens to count at once: numpy temporarily needs eight bytes for each token."""
    most_kept: int = 8
    """Maximum number of encodings of one text on disk; beyond it, the oldest are deleted."""


SIZES = Sizes()
