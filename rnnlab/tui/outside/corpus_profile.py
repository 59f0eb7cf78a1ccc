"""The profile of a corpus, computed in a separate process because it takes seconds."""

from __future__ import annotations

from pathlib import Path

from rnnlab.base.display import visible
from rnnlab.runs.launch import child_command, child_environment
from rnnlab.tui.outside.subprocesses import output_of


async def look_into_corpus(name: str, data: Path | None, columns: int = 80) -> tuple[str, bool]:
    """Return the output of `rnnlab corpora show` and True, or its error and False.

    columns: width of the output.
    """
    folder = [] if data is None else ["--data", str(data)]
    command = child_command("rnnlab", "corpora", "show", name, *folder)
    output = await output_of(command, {**child_environment(), "COLUMNS": str(columns)})
    is_success = output.exit_code == 0
    text = (output.out if is_success else output.errors).decode("utf-8", "replace")
    return visible(text.removeprefix("rnnlab: ").strip()), is_success
