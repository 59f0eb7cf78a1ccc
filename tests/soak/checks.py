"""The checks of the soak, by name."""

from __future__ import annotations

import importlib

from tests.soak.rows import Check

NAMES = (
    "kills", "stopped", "full_disk", "read_only", "races", "power", "prompts", "day", "keys",
)  # fmt: skip
"""The modules of the checks, in the order of the table."""


def load(name: str) -> Check:
    """Return a check by its name."""
    check = importlib.import_module(f"tests.soak.{name}").CHECK
    assert isinstance(check, Check)
    return check
