"""The prompts that were asked, kept across starts: a line of JSON each, the latest last.

They are text and stay text: read back, never interpreted. A file that is missing or broken says
nothing, one that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from rnnlab.base.files import replace_text

MOST = 100
"""Prompts kept."""
_FEW_MORE = 2 * MOST
"""Lines from which the file is written anew."""


class PromptHistory:
    """A list that is also a file; None for a list alone."""

    def __init__(self, file: Path | None = None) -> None:
        """Read what was kept."""
        self._file = file
        found = _read(file)
        self.prompts = found[-MOST:]
        if file is not None and len(found) >= _FEW_MORE:
            with contextlib.suppress(OSError):
                replace_text(file, "".join(map(_line, self.prompts)), is_private=True)

    def add(self, prompt: str) -> None:
        """Take note of a prompt, unless it is that of last time."""
        if not prompt or self.prompts[-1:] == [prompt]:
            return
        self.prompts = [*self.prompts, prompt][-MOST:]
        if self._file is not None:
            with contextlib.suppress(OSError):
                _append(self._file, _line(prompt))


def _append(file: Path, line: str) -> None:
    """Append one whole line to a file that only its owner reads."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(number, line.encode())
    finally:
        os.close(number)


def _line(prompt: str) -> str:
    return json.dumps(prompt) + "\n"


def _read(file: Path | None) -> list[str]:
    """Return the prompts in a file; lines that are none are passed over."""
    if file is None:
        return []
    try:
        lines = file.read_bytes().splitlines()
    except OSError:
        return []
    found: list[str] = []
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            prompt = json.loads(line)
            if isinstance(prompt, str) and prompt:
                found.append(prompt)
    return found
