"""The order of the list of runs, and its filter; pure functions, tested without a screen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from rnnlab.base.errors import BadInputError
from rnnlab.runs.fields import FIGURES, TEXTS, value_of
from rnnlab.runs.filter import Filter, parse_filter
from rnnlab.runs.summary import RunSummary

NEWEST = "newest"
"""The default sort: active runs, then the queue in its order, then the newest runs."""

SortKey = Callable[[RunSummary], str | float | None]
"""Returns the value to sort by, ascending; None puts the run last in both directions."""


def _figure(name: str, summary: RunSummary) -> float | None:
    value = value_of(name, summary)
    return -value if value is not None and FIGURES[name].is_best_high else value


def _text(name: str, summary: RunSummary) -> str | None:
    return TEXTS[name](summary) or None


SORTS: dict[str, SortKey] = {
    NEWEST: lambda s: -s.created,
    **{name: partial(_text, name) for name in TEXTS},
    **{name: partial(_figure, name) for name in FIGURES},
}
"""The sort keys by name; the best value of a figure comes first."""


def filter_of(text: str) -> Filter:
    """Return the filter of a saved view; one that cannot be understood passes every run."""
    try:
        return parse_filter(text)
    except BadInputError:
        return parse_filter("")


def ordered(
    summaries: Iterable[RunSummary],
    sort: str = NEWEST,
    *,
    is_reversed: bool = False,
    text: str = "",
    pinned: Collection[str] = (),
) -> list[RunSummary]:
    """Return the sorted runs that pass a filter, the pinned ones first.

    Pinned runs always pass. Runs without a value to sort by are last.
    """
    passes, key = filter_of(text), SORTS.get(sort, SORTS[NEWEST])
    shown = [s for s in summaries if s.name in pinned or passes(s)]
    shown.sort(key=lambda s: s.name)
    keyed = [(value, s) for s in shown if (value := key(s)) is not None]
    keyed.sort(key=lambda pair: pair[0], reverse=is_reversed)
    shown = [s for _, s in keyed] + [s for s in shown if key(s) is None]
    if sort not in SORTS or sort == NEWEST:
        # Queued runs are listed together, the next one to start first.
        shown.sort(key=lambda s: (_group(s), s.queue_place or 0))
    return sorted(shown, key=lambda s: s.name not in pinned)


def _group(summary: RunSummary) -> int:
    """Return 0 for active runs, 1 for queued ones, 2 for the rest."""
    if summary.queue_place is not None:
        return 1
    return 0 if summary.is_active else 2
