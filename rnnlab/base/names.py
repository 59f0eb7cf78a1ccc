"""Find the known name that is most similar to a misspelled one, for the hint of an error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to `name`; None if none is similar."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return the hint `did you mean '...'?`, or `otherwise` if no known name is similar."""
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near is not None else otherwise
