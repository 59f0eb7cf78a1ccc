"""Changes of settings that wait for the next worker of a run, in `changes.json`.

A worker applies and removes them before its first step. Until then they survive whatever ends it.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping

from rnnlab.base.errors import RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import read_bytes
from rnnlab.runs.paths import RunPaths


def read_pending(paths: RunPaths) -> dict[str, float]:
    """Return the changes, setting -> new value; empty if there are none or they are unreadable."""
    try:
        values = parse_json(read_bytes(paths.changes))
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def write_pending(paths: RunPaths, changes: Mapping[str, float]) -> None:
    """Replace the changes; raise RnnlabError if they cannot be written."""
    try:
        replace_text(paths.changes, json.dumps(dict(changes)), durable=True)
    except OSError as error:
        raise RnnlabError(f"cannot write to {paths.root}: {error.strerror or error}") from None


def drop_pending(paths: RunPaths) -> None:
    """Remove the changes; if that fails, the next worker applies them again."""
    with contextlib.suppress(OSError):
        paths.changes.unlink(missing_ok=True)
