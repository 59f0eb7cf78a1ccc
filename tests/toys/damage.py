"""Damage to files: one bit of a file changes, as on a failing disk."""

from __future__ import annotations

from pathlib import Path


def flip_bit(file: Path, place: int, bit: int = 0) -> None:
    """Flip one bit of a byte; a negative place counts from the end."""
    data = bytearray(file.read_bytes())
    data[place] ^= 1 << bit
    file.write_bytes(data)
