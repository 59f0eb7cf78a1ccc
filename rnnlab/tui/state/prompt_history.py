"""The submitted prompts, saved across starts: one JSON line each, the latest last.

Prompts are data: they are read back, never interpreted. A missing or broken file gives no prompts;
an error while writing is ignored. A thread writes and flushes the file: a slow disk delays no key.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path

from rnnlab.base.files import flush, replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import VIEW_BYTES, open_regular, read_bytes

MOST = 100
"""Maximum number of prompts in the history."""
_PATIENCE_S = 2.0
"""Seconds that the end of the lab waits for a disk that does not accept the last prompts."""
_FEW_MORE = 2 * MOST
"""Number of lines at which the file is rewritten with the last `MOST`."""


class PromptHistory:
    """The list of prompts, and its file."""

    def __init__(self, file: Path | None = None) -> None:
        """Read the file; None keeps the history in memory only."""
        self._file = file
        self._lock = threading.Lock()
        self._unwritten: list[str] = []
        self._writer: threading.Thread | None = None
        saved = _read(file)
        self.prompts = saved[-MOST:]
        if file is not None and len(saved) >= _FEW_MORE:
            with contextlib.suppress(OSError):
                replace_text(file, "".join(map(_line, self.prompts)), durable=True, is_private=True)

    def add(self, prompt: str) -> None:
        """Append a prompt, unless it equals the latest one."""
        if not prompt or self.prompts[-1:] == [prompt]:
            return
        self.prompts = [*self.prompts, prompt][-MOST:]
        if self._file is None:
            return
        with self._lock:
            self._unwritten.append(_line(prompt))
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write, args=(self._file,), daemon=True, name="prompt history"
                )
                self._writer.start()

    def settle(self, patience_s: float = _PATIENCE_S) -> None:
        """Wait until the added prompts are on the disk, at most `patience_s` seconds."""
        writer = self._writer
        if writer is not None:
            writer.join(patience_s)

    def _write(self, file: Path) -> None:
        """Append the unwritten lines to the file until there are none."""
        while True:
            with self._lock:
                text, self._unwritten = "".join(self._unwritten), []
                if not text:
                    self._writer = None
                    return
            with contextlib.suppress(OSError):
                _append(file, text)


def _append(file: Path, text: str) -> None:
    """Append whole lines to a file with mode 0600, and flush the file, and its folder if new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    number = open_regular(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(number, text.encode())
        os.fsync(number)
    finally:
        os.close(number)
    if is_new:
        flush(file.parent)


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
