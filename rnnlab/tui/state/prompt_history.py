"""The submitted prompts, saved across starts: one JSON line each, the latest last.

Prompts are data: they are read back, never interpreted. A missing or broken file gives no prompts;
an error while writing is ignored.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from rnnlab.base.files import replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import VIEW_BYTES, open_regular, read_bytes

MOST = 100
"""Maximum number of prompts in the history."""
_FEW_MORE = 2 * MOST
"""Number of lines at which the file is rewritten with the last `MOST`."""


class PromptHistory:
    """The list of prompts, and its file."""

    def __init__(self, file: Path | None = None) -> None:
        """Read the file; None keeps the history in memory only."""
        self._file = file
        saved = _read(file)
        self.prompts = saved[-MOST:]
        if file is not None and len(saved) >= _FEW_MORE:
            with contextlib.suppress(OSError):
                replace_text(file, "".join(map(_line, self.prompts)), is_private=True)

    def add(self, prompt: str) -> None:
        """Append a prompt, unless it equals the latest one."""
        if not prompt or self.prompts[-1:] == [prompt]:
            return
        self.prompts = [*self.prompts, prompt][-MOST:]
        if self._file is not None:
            with contextlib.suppress(OSError):
                _append(self._file, _line(prompt))


def _append(file: Path, line: str) -> None:
    """Append one whole line to a file with mode 0600."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number = open_regular(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(number, line.encode())
    finally:
        os.close(number)


def _line(prompt: str) -> str:
    return json.dumps(prompt) + "\n"


def _read(file: Path | None) -> list[str]:
    """Return the prompts in a file; invalid lines are skipped."""
    if file is None:
        return []
    try:
        lines = read_bytes(file, VIEW_BYTES).splitlines()
    except OSError:
        return []
    prompts: list[str] = []
    for line in lines:
        with contextlib.suppress(ValueError):
            prompt = parse_json(line)
            if isinstance(prompt, str) and prompt:
                prompts.append(prompt)
    return prompts
