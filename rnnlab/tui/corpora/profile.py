"""The profile of a corpus, computed in a separate process because it takes seconds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rnnlab.base.display import visible
from rnnlab.tui.shell.subprocesses import output_of


async def look_into_corpus(name: str, data: Path | None, columns: int = 80) -> tuple[str, bool]:
    """Return the output of `rnnlab corpora show` and True, or its error and False.

    columns: width of the output.
    """
    command = [sys.executable, "-m", "rnnlab", "corpora", "show", name]
    if data is not None:
        command += ["--data", str(data)]
    output = await output_of(command, {**os.environ, "COLUMNS": str(columns)})
    is_success = output.exit_code == 0
    text = (output.out if is_success else output.errors).decode("utf-8", "replace")
    return visible(text.removeprefix("rnnlab: ").strip()), is_success
