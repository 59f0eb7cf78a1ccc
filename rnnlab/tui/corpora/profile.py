"""A look into a corpus, in a process of its own: it counts for seconds, and typing cannot wait."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rnnlab.base.display import visible
from rnnlab.tui.shell.subprocesses import output_of


async def look_into_corpus(name: str, data: Path | None, columns: int = 80) -> tuple[str, bool]:
    """Return the output of `rnnlab corpora show` at a width, and False if it is an error."""
    command = [sys.executable, "-m", "rnnlab", "corpora", "show", name]
    if data is not None:
        command += ["--data", str(data)]
    ended = await output_of(command, {**os.environ, "COLUMNS": str(columns)})
    is_whole = ended.exit_code == 0
    text = (ended.out if is_whole else ended.errors).decode("utf-8", "replace")
    return visible(text.removeprefix("rnnlab: ").strip()), is_whole
