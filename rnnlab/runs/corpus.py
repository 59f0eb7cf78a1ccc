"""Whether a corpus is still the one that a run began with."""

from __future__ import annotations

import json

from rnnlab.base.errors import BadInputError
from rnnlab.runs.paths import RunPaths


def check_corpus(paths: RunPaths, fingerprint: str) -> None:
    """Raise BadInputError when the corpus is not the one that the run began with."""
    try:
        stored = json.loads(paths.corpus.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if stored != fingerprint:
        raise BadInputError(
            f"the corpus of {paths.name!r} has changed since it began",
            "bring the old file back or start a new run",
        )
