"""The filter and the order of the list of runs; pure functions, tested without a screen."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Iterable
from math import inf, isfinite
from typing import Any

from rnnlab.runs.summary import RunSummary


def _least_first(value: float | None) -> float:
    return value if value is not None and isfinite(value) else inf


SORTS: dict[str, Callable[[RunSummary], Any]] = {
    "newest": lambda s: (not s.is_active, -s.created),
    "name": lambda s: s.name,
    "val": lambda s: _least_first(s.best_val_loss if s.val_loss is None else s.val_loss),
    "train": lambda s: _least_first(s.train_loss),
    "step": lambda s: -s.step,
    "speed": lambda s: _least_first(-s.tokens_per_s if s.tokens_per_s is not None else None),
    "cell": lambda s: s.cell,
}
"""The sort keys by name; the first one is the default."""


def matches(summary: RunSummary, text: str) -> bool:
    """Return True if a run passes a filter.

    All words, separated by blanks, must match. A word matches if the run's name, state, cell,
    corpus, task, note or one of its tags contains it. `a|b` matches if a or b matches, `!a` if a
    does not match; `*` stands for any characters, `?` for one.
    """
    facts = [summary.name, summary.state, summary.cell, summary.corpus, summary.task]
    facts += [summary.note, *summary.tags]
    lowered = [fact.lower() for fact in facts]
    return all(_word_matches(word, lowered) for word in text.lower().split())


def _word_matches(word: str, facts: list[str]) -> bool:
    if word.startswith("!") and len(word) > 1:
        return not _word_matches(word[1:], facts)
    return any(
        fnmatch.fnmatchcase(fact, f"*{choice}*")
        for choice in word.split("|")
        if choice
        for fact in facts
    )


def ordered(
    summaries: Iterable[RunSummary],
    sort: str = "newest",
    *,
    is_reversed: bool = False,
    text: str = "",
    pinned: Collection[str] = (),
) -> list[RunSummary]:
    """Return the sorted runs that pass a filter, the pinned ones first.

    Pinned runs always pass. With sort "newest", active runs come first, then the queue in its
    order.
    """
    key = SORTS.get(sort, SORTS["newest"])
    shown = [s for s in summaries if s.name in pinned or not text or matches(s, text)]
    shown.sort(key=lambda s: s.name)
    shown.sort(key=key, reverse=is_reversed)
    if sort == "newest":
        # Queued runs are listed together, the next one to start first.
        shown.sort(key=lambda s: (_group(s), s.queue_place or 0))
    return sorted(shown, key=lambda s: s.name not in pinned)


def _group(summary: RunSummary) -> int:
    """Return 0 for active runs, 1 for queued ones, 2 for the rest."""
    if summary.queue_place is not None:
        return 1
    return 0 if summary.is_active else 2
