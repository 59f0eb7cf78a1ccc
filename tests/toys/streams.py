"""A stream that is a terminal, in place of standard error."""

from __future__ import annotations

import io
import sys

import pytest


class TerminalStream(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> TerminalStream:
    """Make standard error a terminal; called in the test, as pytest replaces the stream before."""
    stream = TerminalStream()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream
