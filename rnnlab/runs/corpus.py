"""Check that the corpus of a run has not changed since the run started."""

from __future__ import annotations

from rnnlab.base.errors import BadInputError
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import read_text
from rnnlab.runs.paths import RunPaths


def check_corpus(paths: RunPaths, fingerprint: str) -> None:
    """Raise BadInputError if the corpus has changed since the run started.

    fingerprint: SHA-256 of the present corpus.
    """
    try:
        stored = parse_json(read_text(paths.corpus))["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if stored != fingerprint:
        raise BadInputError(
            f"the corpus of {paths.name!r} has changed since the run started",
            "restore the old file or start a new run",
        )
