"""Names in messages: the most similar known name, and a list of many names in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to `name`; None if none is similar."""
    import difflib  # only messages need it

    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return the hint `did you mean '...'?`, or `otherwise` if no known name is similar."""
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near is not None else otherwise


def first_of(names: Sequence[str], most: int) -> str:
    """Return the first `most` names and the number of the others: `a, b, c and 4 more`."""
    num_others = len(names) - most
    return ", ".join(names[:most]) + (f" and {num_others} more" if num_others > 0 else "")
