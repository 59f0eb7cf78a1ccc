"""Limits of memory for texts on disk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Limits of memory and disk for texts on disk; results do not depend on them."""

    long_bytes: int = 32 << 20
    """A file of at least this size is not read into memory as a whole."""
    block_chars: int = 1 << 21
    """Characters to decode at once."""
    block_bytes: int = 1 << 22
    """Bytes to hash at once."""
    most_chars: int = 1 << 23
    """Longest block without a space or a line end."""
    widened_at_once: int = 1 << 22
    """Bytes of token numbers to copy at once when a wider integer type becomes necessary."""
    counted_at_once: int = 1 << 22
    """Tokens to count at once: numpy temporarily needs eight bytes for each."""
    most_kept: int = 8
    """Most encodings of the same text on disk; the oldest ones are deleted."""


SIZES = Sizes()
