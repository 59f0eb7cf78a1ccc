"""Reads the runs for the app: in a thread, twice a second, only what has changed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from rnnlab.runs.journal import JournalChunk, JournalTail
from rnnlab.runs.store import Run, RunStore
from rnnlab.runs.summary import RunSummary, summarise

_Signature = tuple[int, int]


MOST_RECORDS = 4000
"""Of the frequent records of a run: more than any chart has columns, also zoomed in a good deal."""


class RunsRead(NamedTuple):
    """What one look at the runs has found."""

    summaries: tuple[RunSummary, ...]
    news: dict[str, JournalChunk]
    """What has come in the journal of every run that is followed."""


class RunPoller:
    """What is known of the runs on disk."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._summaries: dict[Path, tuple[_Signature, RunSummary]] = {}
        self._tails: dict[str, JournalTail] = {}

    def read(self, watched: Collection[str]) -> RunsRead:
        """Return all summaries, and what is new in the journals of the watched runs.

        A run that was not watched before gives its whole journal.
        """
        runs = {run.name: run for run in self.store}
        tails = {
            name: self._tails.get(name) or JournalTail(runs[name].paths.journal)
            for name in watched
            if name in runs
        }
        # Followed anew, from the start: whatever is known of it is told again.
        news = {
            name: tail.read() if name in self._tails else tail.read_overview(MOST_RECORDS)
            for name, tail in tails.items()
        }
        self._tails = tails
        return RunsRead(tuple(self._summary(run) for run in runs.values()), news)

    def _summary(self, run: Run) -> RunSummary:
        """Return a run's summary; that of an ended run is kept until its status changes."""
        try:
            found = run.paths.status.stat()
            signature = (found.st_mtime_ns, found.st_size)
        except OSError:
            signature = (0, 0)
        known = self._summaries.get(run.paths.root)
        if known is not None and known[0] == signature and not known[1].is_active:
            return known[1]
        summary = summarise(run)
        self._summaries[run.paths.root] = (signature, summary)
        return summary
